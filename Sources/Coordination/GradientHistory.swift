// Which norms of gradients were ordinary lately, and how often a step was skipped.

import Basics

/// Kept by runs that may skip steps. It follows from the gradients alone, so that all runs that
/// make the same steps have the same, and it is kept with every step.
package struct GradientHistory: Hashable, Codable, Sendable {
  /// Of the newest steps, oldest first: those of skipped ones too, so that a level that stays
  /// becomes ordinary, but not those that are out of range.
  private var norms: [Double] = []
  /// Since the last step that was not skipped.
  private var skippedInTurn = 0

  /// Norms whose median is what is ordinary.
  package static let window = 32
  /// Norms that must be known before one can stand out.
  package static let leastNorms = 8
  /// Steps that may be skipped in turn. More than half a window: a new level of finite norms is
  /// ordinary by then.
  package static let longestSkip = 32

  package init() {}

  /// Whether a gradient of this norm can be worked with: its square is a float too.
  package static func isInRange(_ norm: Double) -> Bool { norm.isFinite && norm < 0x1p63 }

  /// What is ordinary; nil until enough is known.
  package var median: Double? { norms.count < Self.leastNorms ? nil : norms.median }

  /// Whether skipping one more step would be going nowhere.
  package var hasSkippedTooLong: Bool { skippedInTurn >= Self.longestSkip }

  /// The history after one more step.
  package func next(norm: Double, isSkipped: Bool) -> GradientHistory {
    var next = self
    if Self.isInRange(norm) { next.norms = (norms + [norm]).suffix(Self.window) }
    next.skippedInTurn = isSkipped ? skippedInTurn + 1 : 0
    return next
  }
}
