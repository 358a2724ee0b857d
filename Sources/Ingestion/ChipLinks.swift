// Which chips lie side by side, and which of them are held out: the one place where the stages ask
// for neighbours.

import Basics
import Imagery
import Maps
import Scenes

/// Neighbours of all chips, in the dataset's order.
struct ChipLinks {
  private let boxes: [Footprint]
  private let index: NeighbourIndex
  private let check: () throws -> Void

  /// Where chips lie in the plane in which they are ordered and the held-out area is cut.
  /// - Throws: `IngestError.noBounds`.
  static func boxes(of chips: [ScannedChip], _ catalog: SceneCatalog) throws -> [Footprint] {
    let footprints = chips.map(catalog.footprint)
    var transforms = CatalogTransforms(catalog.header.references)
    let systems = try Self.systems(catalog)
    return try PlanningFrame.boxes(
      footprints: footprints,
      corners: try chips.map { try transforms.corners(of: $0, catalog) }, systems: systems)
  }

  private static func systems(_ catalog: SceneCatalog) throws -> [SpatialReference] {
    try catalog.header.references.map { reference in
      guard let system = SpatialReference(definition: reference.wkt) else {
        throw IngestError.noWayToGlobe(system: reference.name)
      }
      return system
    }
  }

  /// - Parameters:
  ///   - chips: all chips in the dataset's order.
  ///   - boxes: of the same chips.
  ///   - check: called often; what it throws ends the search.
  init(
    _ catalog: SceneCatalog, _ chips: [ScannedChip], boxes: [Footprint], stride: Int,
    check: @escaping () throws -> Void
  ) throws {
    self.boxes = boxes
    self.check = check
    index = try NeighbourIndex(
      scenes: catalog.scenes.map { IndexedScene(grid: $0.grid, system: $0.system) },
      systems: Self.systems(catalog), side: catalog.layout.side, stride: stride,
      chips: chips.map {
        ChipPlace(scene: Int($0.scene), column: Int($0.column), row: Int($0.row))
      })
  }

  /// The chips that a chip is linked to, ascending.
  func neighbours(of chip: Int) throws -> [NeighbourLink] {
    try check()
    return try index.neighbours(of: chip)
  }

  /// What each chip is for.
  func roles(holdout: Double) throws -> [ChipRole] {
    try HoldoutArea.roles(footprints: boxes, share: holdout) { chip in
      try check()
      return try index.touching(chip)
    }
  }
}
