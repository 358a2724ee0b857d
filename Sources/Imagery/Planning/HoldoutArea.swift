// Which chips are for evaluation. Pure: footprints and what touches in, roles out.

import Basics

/// What a chip is for.
package enum ChipRole: Hashable, Sendable {
  case training
  case holdout
  /// It touches a held-out chip without being one, so that training on it would show pixels of the
  /// evaluation.
  case dropped
}

/// A rectangle at a corner of the dataset's extent, of the extent's proportions. A corner is used
/// because a rectangle there has a border on two sides only: fewer chips are lost than around one
/// in the middle.
package enum HoldoutArea {
  /// Holds out every chip inside the smallest such rectangle that has the wanted share of them, at
  /// the corner where the fewest chips are dropped.
  /// - Parameters:
  ///   - footprints: of all chips, in one frame: their map's, or `GlobeFrame`'s.
  ///   - share: of all chips, in [0, 1); with 0 every chip is for training, above it at least one
  ///     is held out.
  ///   - touching: of a chip, the chips that it overlaps or touches, however they lie in the frame;
  ///     asked for held-out chips only. Symmetric.
  /// - Returns: the role of each chip. No chip for training touches one held out.
  package static func roles(
    footprints: [Footprint], share: Double, touching: (Int) throws -> [Int]
  ) rethrows -> [ChipRole] {
    precondition((0..<1).contains(share))
    let everything = [ChipRole](repeating: .training, count: footprints.count)
    guard share > 0, let extent = Extent(of: footprints)?.box else { return everything }
    let wanted = max(1, Int((share * Double(footprints.count)).rounded()))
    let candidates = try corners(of: extent).map { distance in
      try roles(reach: footprints.map(distance), wanted: wanted, touching: touching)
    }
    // `min` keeps the first of equals: the choice depends on the chips alone.
    return candidates.min { count(.dropped, in: $0) < count(.dropped, in: $1) } ?? everything
  }

  /// For each corner, how large the rectangle there must be to contain a footprint, as a share of
  /// the extent's sides.
  private static func corners(of extent: Footprint) -> [(Footprint) -> Double] {
    let fromLeft = { (box: Footprint) in (box.right - extent.left) / extent.width }
    let fromRight = { (box: Footprint) in (extent.right - box.left) / extent.width }
    let fromTop = { (box: Footprint) in (extent.top - box.bottom) / extent.height }
    let fromBottom = { (box: Footprint) in (box.top - extent.bottom) / extent.height }
    return [
      { max(fromLeft($0), fromTop($0)) }, { max(fromRight($0), fromTop($0)) },
      { max(fromLeft($0), fromBottom($0)) }, { max(fromRight($0), fromBottom($0)) },
    ]
  }

  private static func roles(
    reach: [Double], wanted: Int, touching: (Int) throws -> [Int]
  ) rethrows -> [ChipRole] {
    let size = reach.sorted()[wanted - 1]
    var roles = reach.map { $0 <= size ? ChipRole.holdout : .training }
    for chip in reach.indices where reach[chip] <= size {
      for other in try touching(chip) where roles[other] == .training { roles[other] = .dropped }
    }
    return roles
  }

  private static func count(_ role: ChipRole, in roles: [ChipRole]) -> Int {
    roles.reduce(0) { $0 + ($1 == role ? 1 : 0) }
  }
}
