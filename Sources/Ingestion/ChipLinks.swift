// Which chips lie side by side, and which of them are held out: the one place where the stages ask
// for neighbours.

import Basics
import Imagery
import Scenes

/// Neighbours of all chips, in the dataset's order.
struct ChipLinks {
  private let boxes: [Footprint]
  private let rows: [[NeighbourLink]]

  /// Gaps up to this share of the finest pixel count as touching.
  private static let touchTolerance = 1e-6

  /// Where chips lie in the plane in which they are ordered and the held-out area is cut: on the
  /// scenes' map.
  static func boxes(of chips: [ScannedChip], _ catalog: SceneCatalog) -> [Footprint] {
    let side = catalog.layout.side
    return chips.map { chip in
      catalog.scenes[Int(chip.scene)].grid.footprint(
        PixelWindow(column: Int(chip.column), row: Int(chip.row), width: side, height: side))
    }
  }

  /// - Parameters:
  ///   - chips: all chips in the dataset's order.
  ///   - boxes: of the same chips.
  ///   - check: called often; what it throws ends the search.
  init(
    _ catalog: SceneCatalog, _ chips: [ScannedChip], boxes: [Footprint], check: () throws -> Void
  ) throws {
    self.boxes = boxes
    rows = try NeighbourSearch.neighbours(
      of: boxes, tolerance: catalog.finestPixel * Self.touchTolerance, check: check)
  }

  /// The chips that a chip overlaps or touches, ascending.
  func neighbours(of chip: Int) throws -> [NeighbourLink] { rows[chip] }

  /// What each chip is for.
  func roles(holdout: Double) throws -> [ChipRole] {
    HoldoutArea.roles(footprints: boxes, neighbours: rows, share: holdout)
  }
}
