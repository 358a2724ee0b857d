// Which norms of microbatches' gradients are ordinary, and how many may be looked at a second time.
// Not here: what becomes of one that stands out (Recheck), and the norm of a step's whole sum
// (GradientHistory).

import Basics

/// Kept with every step, so that a coordinator that comes back knows what was ordinary. No number
/// of the run depends on it.
package struct NormWatch: Hashable, Codable, Sendable {
  /// The median of the norms of each of the newest steps, oldest first.
  private var medians: [Double] = []
  /// Computations that confirmed the one before, in all steps.
  private(set) var confirmations = 0

  /// A norm stands out when it is more than so many times what is ordinary, or less than this part
  /// of it. Half of all microbatches would have to change by as much from one step to the next for
  /// an honest one to be taken for it: see ARCHITECTURE.md for what was measured.
  static let factor = 10.0
  /// Steps whose medians are kept.
  static let window = 32
  /// Steps that must be known before a norm can stand out from them.
  package static let leastSteps = 4
  /// Microbatches of others that must be known before one can stand out from its own step.
  static let leastOthers = 4
  /// What may be confirmed before the first hundredth of the leases is known.
  static let burst = 4

  package init() {}

  /// The middle of what the newest steps had; nil until enough is known.
  package var ordinary: Double? { medians.count < Self.leastSteps ? nil : medians.median }

  /// What a norm is to be compared with: the newest steps', and that of its own step's microbatches
  /// which others computed. Nobody's own computations speak for each other.
  /// - Parameter others: the norms of these.
  func references(among others: [Double]) -> [Double] {
    [ordinary, others.count < Self.leastOthers ? nil : others.median].compactMap { $0 }
  }

  /// Whether a norm is far from all that it can be compared with, and from something at all: a
  /// level that a whole step has is not one microbatch's fault.
  static func standsOut(_ norm: Double, from references: [Double]) -> Bool {
    !references.isEmpty && references.allSatisfy { norm > factor * $0 || factor * norm < $0 }
  }

  /// Whether one more may be computed again: a hundredth of the microbatches so far and `burst`,
  /// but never more than a hundredth of all of the run's, or one. What named somebody does not
  /// count: whoever sends wrong gradients cannot use up what finds them.
  func mayConfirm(at step: Step, of steps: Step, microbatches: Int) -> Bool {
    let soFar = Self.burst + microbatches * step.next.index / 100
    return confirmations < min(soFar, max(1, microbatches * steps.index / 100))
  }

  mutating func noteConfirmations(_ count: Int) { confirmations += count }

  /// After one more step.
  /// - Parameter norms: those of its microbatches; none where they are not known.
  package func next(norms: [Double]) -> NormWatch {
    var next = self
    if let median = norms.median { next.medians = (medians + [median]).suffix(Self.window) }
    return next
  }
}
