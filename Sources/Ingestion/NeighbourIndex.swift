// Which chips overlap or touch, on one map and across maps. How to use it:
//
//   let index = try NeighbourIndex(scenes: …, systems: …, side: …, stride: …, chips: …)
//   index.neighbours(of: chip)   its links, to write into a shard
//   index.touching(chip)         every chip that it meets, linked or not: for the hold-out
//   index.contacts(of: chip)     both, and which of them cannot be linked
//
// Chips are numbered in the dataset's order. Nothing is kept per pair: scenes lie in R-trees, and
// the windows of a scene follow from its grid, so that the index takes 16 bytes a chip, 4 bytes a
// window that is none and about 1 kB a scene. One thread at a time; for several, make one each.
// The search on one map is in NeighbourIndex+Map.swift, the one
// across maps in NeighbourIndex+Globe.swift.

import Basics
import Imagery
import Maps
import Scenes

/// A scene as neighbours are found by it.
package struct IndexedScene: Hashable, Sendable {
  /// Where its pixels lie; north up.
  package let grid: RasterGrid
  /// Index into the coordinate systems.
  package let system: Int

  /// From its parts.
  package init(grid: RasterGrid, system: Int) {
    self.grid = grid
    self.system = system
  }
}

/// Where a chip was cut.
package struct ChipPlace: Hashable, Sendable {
  let scene: Int32
  let column: Int32
  let row: Int32

  /// From its scene's number and its upper left pixel.
  package init(scene: Int, column: Int, row: Int) {
    self.scene = Int32(scene)
    self.column = Int32(column)
    self.row = Int32(row)
  }
}

/// What a chip meets.
package struct NeighbourContacts: Hashable, Sendable {
  /// By neighbour, ascending.
  package let links: [NeighbourLink]
  /// Chips that it meets without a link, since no affine map places one in the other's frame to
  /// half a pixel; ascending.
  package let unlinkable: [Int]
}

/// The neighbours of every chip of a dataset; symmetric.
package final class NeighbourIndex {
  /// How two chips that meet lie to each other.
  enum Relation: Hashable {
    /// On one map, where both lie by their footprints.
    case sameMap
    /// On one map that repeats itself: the other one lies so many units east of its footprint.
    case shifted(Double)
    /// On two maps.
    case acrossMaps
    /// Nothing places one in the other's frame.
    case unlinkable
  }

  /// A chip that meets another one.
  struct Contact {
    let chip: Int
    let intersectionOverUnion: Float
    let relation: Relation
  }

  /// What is known of a coordinate system.
  struct System {
    let period: Double?
    /// Gaps up to this many map units count as touching.
    let tolerance: Double
    /// Around all scenes.
    let extent: Footprint
    /// Scenes by their boxes on the map.
    let scenes: BoxTree
    /// Chips that reach the south pole and the north pole of a map on which a pole is a line.
    var atPoles: [[Int]] = [[], []]
  }

  /// Gaps up to this share of the finest pixel of a system count as touching, so that rounding in
  /// two scenes' origins does not part them.
  static let touchTolerance = 1e-6

  let scenes: [IndexedScene]
  let windows: NeighbourWindows
  /// Of each coordinate system that has scenes.
  private(set) var systems: [Int: System] = [:]
  /// The search across systems; nil when there is one.
  let globe: GlobeSearch?

  /// - Parameters:
  ///   - scenes: all scenes of the dataset.
  ///   - systems: the coordinate systems that scenes refer to.
  ///   - side: of chips, in pixels.
  ///   - stride: of the windows that scenes were cut into, in pixels.
  ///   - chips: in the dataset's order.
  /// - Throws: `GeometryError` when GEOS runs out of memory, `IngestError` for a system without a
  ///   way to the globe.
  /// - Precondition: chips are windows of `WindowGrid`, each once; grids are north up.
  package init(
    scenes: [IndexedScene], systems references: [SpatialReference], side: Int, stride: Int,
    chips: [ChipPlace]
  ) throws {
    precondition(scenes.allSatisfy { $0.grid.transform.isNorthUp })
    self.scenes = scenes
    windows = NeighbourWindows(
      scenes: scenes.map(\.grid), side: side, stride: stride, chips: chips)
    let bySystem = Dictionary(grouping: scenes.indices) { scenes[$0].system }
    globe =
      bySystem.count > 1
      ? try GlobeSearch(scenes: scenes, systems: references, used: bySystem.keys.sorted()) : nil
    for (system, members) in bySystem {
      let finest = members.reduce(Double.infinity) {
        min($0, scenes[$1].grid.transform.columnX, -scenes[$1].grid.transform.rowY)
      }
      let boxes = members.map { (box: scenes[$0].grid.footprint, item: $0) }
      self.systems[system] = System(
        period: references[system].period(), tolerance: finest * Self.touchTolerance,
        extent: Extent(of: boxes.map(\.box))!.box, scenes: try BoxTree(boxes))
    }
    for system in bySystem.keys {
      self.systems[system]!.atPoles = chipsAtPoles(of: references[system], system)
    }
  }

  /// The links of a chip, by neighbour, ascending. A neighbour's placement leads from its own
  /// columns and rows, counted from its upper left pixel, to the chip's map.
  package func neighbours(of chip: Int) throws -> [NeighbourLink] { try contacts(of: chip).links }

  /// Every chip that a chip overlaps or touches, ascending, whether they can be linked or not.
  package func touching(_ chip: Int) throws -> [Int] { try meetings(of: chip).map(\.chip) }

  /// Both.
  package func contacts(of chip: Int) throws -> NeighbourContacts {
    var links: [NeighbourLink] = []
    var unlinkable: [Int] = []
    for contact in try meetings(of: chip) {
      switch contact.relation {
      case .sameMap:
        links.append(
          NeighbourLink(
            chip: contact.chip, intersectionOverUnion: contact.intersectionOverUnion))
      case .shifted(let distance):
        links.append(
          NeighbourLink(
            chip: contact.chip, intersectionOverUnion: contact.intersectionOverUnion,
            placement: placement(of: contact.chip, shiftedBy: distance)))
      case .acrossMaps:
        // Both ends have the link, or none.
        if let placement = placement(of: contact.chip, for: chip),
          self.placement(of: chip, for: contact.chip) != nil
        {
          links.append(
            NeighbourLink(
              chip: contact.chip, intersectionOverUnion: contact.intersectionOverUnion,
              placement: placement))
        } else {
          unlinkable.append(contact.chip)
        }
      case .unlinkable: unlinkable.append(contact.chip)
      }
    }
    return NeighbourContacts(links: links, unlinkable: unlinkable)
  }

  /// A chip's box on its map.
  func footprint(_ chip: Int) -> Footprint { grid(of: chip).footprint(windows.window(of: chip)) }

  func system(of chip: Int) -> Int { scenes[Int(windows.places[chip].scene)].system }

  func grid(of chip: Int) -> RasterGrid { scenes[Int(windows.places[chip].scene)].grid }

  /// What a chip meets, by chip, ascending, each once.
  private func meetings(of chip: Int) throws -> [Contact] {
    var found = try meetingsOnItsMap(chip)
    if let globe { found += try meetingsAcrossMaps(chip, on: globe) }
    return found.sorted { $0.chip < $1.chip }
  }
}
