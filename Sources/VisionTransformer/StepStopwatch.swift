// Where the time of a step goes, for those who ask: a network laps its stopwatch after each part of
// its work. Not here: what is measured outside a network.

import Basics

/// A kind of work in a step; every moment of forward and backward belongs to one.
package enum StepPhase: String, CaseIterable, Sendable {
  /// Patches, positions and tokens to rows, and their gradients back.
  case tokens
  case norms
  /// Products with weights, with their biases, residuals and GELU.
  case linearForward
  case linearBackward
  case attentionForward
  case attentionBackward
  /// Targets, errors, loss weights and the predictions' gradient.
  case objective
  /// Convolutions beyond the transformer, with all that belongs to them.
  case convolutions
}

/// Seconds by phase, added up over steps. Used by the thread that calls the network alone.
package final class StepStopwatch {
  private var last = Instant.monotonicNow()
  private var sums = [Double](repeating: 0, count: StepPhase.allCases.count)

  /// All sums are zero.
  package init() {}

  /// Time that passed until now belongs to no phase.
  package func begin() { last = .monotonicNow() }

  /// Time since the last lap belongs to `phase`.
  package func lap(_ phase: StepPhase) {
    let now = Instant.monotonicNow()
    sums[Self.index(of: phase)] += (now - last).seconds
    last = now
  }

  /// Seconds that belong to `phase` so far.
  package func seconds(_ phase: StepPhase) -> Double { sums[Self.index(of: phase)] }

  private static func index(of phase: StepPhase) -> Int {
    switch phase {
    case .tokens: 0
    case .norms: 1
    case .linearForward: 2
    case .linearBackward: 3
    case .attentionForward: 4
    case .attentionBackward: 5
    case .objective: 6
    case .convolutions: 7
    }
  }
}
