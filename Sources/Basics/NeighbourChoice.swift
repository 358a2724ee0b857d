// Which of a chip's neighbours a pair is made with.

/// How the second chip of a pair is drawn from the first one's neighbours and itself.
package enum NeighbourChoice: String, CaseIterable, Sendable, Codable {
  /// All alike: most pairs then touch or overlap a little.
  case uniform
  /// By how much their footprints overlap the first one's, with a little for those that only touch:
  /// more pairs in which one image shows what the other hides.
  case overlap
  /// None of them: a pair is two crops of one chip.
  case none

  /// Added to each overlap, so that neighbours that only touch are drawn too.
  private static let contextWeight = 0.05

  /// The weight of a neighbour in the draw.
  /// - Parameter intersectionOverUnion: of the two chips' footprints; 1 for the chip itself.
  package func weight(intersectionOverUnion: Double) -> Double {
    switch self {
    case .uniform: 1
    case .overlap: intersectionOverUnion + Self.contextWeight
    case .none: 0
    }
  }

  /// Draws among neighbours and the chip itself.
  /// - Parameters:
  ///   - overlaps: intersection over union with each neighbour.
  ///   - mayBeItself: whether the chip itself is drawn too; it is where there is no neighbour.
  /// - Returns: the place of the neighbour; nil for the chip itself, always so for `none`.
  package func draw(
    among overlaps: [Double], orItself mayBeItself: Bool = true,
    using random: inout CounterRandom
  ) -> Int? {
    if self == .none { return nil }
    let weights = overlaps.map(weight)
    let own = mayBeItself ? weight(intersectionOverUnion: 1) : 0
    let total = weights.reduce(own, +)
    var rest = random.uniform() * total
    for (place, weight) in weights.enumerated() {
      if rest < weight { return place }
      rest -= weight
    }
    // Rounding may leave a little behind the last one.
    return mayBeItself ? nil : weights.indices.last
  }
}
