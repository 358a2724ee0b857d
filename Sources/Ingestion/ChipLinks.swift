// Which chips lie side by side, and which of them are held out: the one place where the stages ask
// for neighbours.

import Basics
import Imagery

/// Neighbours of all chips, in the dataset's order.
struct ChipLinks {
  private let footprints: [Footprint]
  private let rows: [[NeighbourLink]]

  /// Gaps up to this share of the finest pixel count as touching.
  private static let touchTolerance = 1e-6

  /// - Parameters:
  ///   - footprints: of all chips in their order.
  ///   - finestPixel: the smallest edge of a pixel.
  ///   - check: called often; what it throws ends the search.
  init(_ footprints: [Footprint], finestPixel: Double, check: () throws -> Void) throws {
    self.footprints = footprints
    rows = try NeighbourSearch.neighbours(
      of: footprints, tolerance: finestPixel * Self.touchTolerance, check: check)
  }

  /// The chips that a chip overlaps or touches, ascending.
  func neighbours(of chip: Int) -> [NeighbourLink] { rows[chip] }

  /// What each chip is for.
  func roles(holdout: Double) -> [ChipRole] {
    HoldoutArea.roles(footprints: footprints, neighbours: rows, share: holdout)
  }
}
