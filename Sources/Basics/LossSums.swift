// What pairs amount to. Sums and not means: microbatches are added before anything is divided.

/// Sums over pairs, in double precision and in the order of the pairs.
public struct LossSums: Hashable, Sendable, Codable {
  /// Σ weight · error over hidden pixels.
  public var weighted: Double
  /// Σ error over hidden pixels.
  public var plain: Double
  /// Hidden pixels that were measured.
  public var hidden: Int
  public var pairs: Int
  /// Σ over pairs of their intersection over union.
  public var intersectionOverUnion: Double
  /// Σ over pairs of their mask ratio, before rounding to whole patches.
  public var maskRatio: Double

  public init(
    weighted: Double = 0, plain: Double = 0, hidden: Int = 0, pairs: Int = 0,
    intersectionOverUnion: Double = 0, maskRatio: Double = 0
  ) {
    self.weighted = weighted
    self.plain = plain
    self.hidden = hidden
    self.pairs = pairs
    self.intersectionOverUnion = intersectionOverUnion
    self.maskRatio = maskRatio
  }

  /// The loss that is minimised; 0 when nothing was hidden.
  public var loss: Double { hidden > 0 ? weighted / Double(hidden) : 0 }
  public var plainLoss: Double { hidden > 0 ? plain / Double(hidden) : 0 }
  public var meanIntersectionOverUnion: Double {
    pairs > 0 ? intersectionOverUnion / Double(pairs) : 0
  }
  public var meanMaskRatio: Double { pairs > 0 ? maskRatio / Double(pairs) : 0 }

  public static func += (a: inout LossSums, b: LossSums) {
    a.weighted += b.weighted
    a.plain += b.plain
    a.hidden += b.hidden
    a.pairs += b.pairs
    a.intersectionOverUnion += b.intersectionOverUnion
    a.maskRatio += b.maskRatio
  }
}
