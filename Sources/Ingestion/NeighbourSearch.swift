// Which footprints overlap or touch: GEOS's STR-packed R-tree. The only file with GEOS's API; its
// handles live within one call.

import Basics
import CGEOS
import Imagery

enum NeighbourSearch {
  /// For each footprint the others that it overlaps or touches, ascending.
  /// - Parameter tolerance: gaps up to this many map units count as touching, so that rounding in
  ///   two scenes' origins does not part them.
  /// - Parameter check: called for each footprint; what it throws ends the search.
  /// - Throws: `IngestError` when GEOS runs out of memory.
  static func neighbours(
    of footprints: [Footprint], tolerance: Double, check: () throws -> Void
  ) throws -> [[NeighbourLink]] {
    guard let context = GEOS_init_r() else {
      throw IngestError.neighbourSearch(what: "GEOS does not start")
    }
    defer { GEOS_finish_r(context) }
    guard let tree = GEOSSTRtree_create_r(context, nodeCapacity) else {
      throw IngestError.neighbourSearch(what: "GEOS makes no tree")
    }
    var boxes: [OpaquePointer] = []
    // The tree refers to the boxes until it is gone.
    defer { for box in boxes { GEOSGeom_destroy_r(context, box) } }
    defer { GEOSSTRtree_destroy_r(context, tree) }
    for (index, footprint) in footprints.enumerated() {
      guard
        let box = GEOSGeom_createRectangle_r(
          context, footprint.left - tolerance / 2, footprint.bottom - tolerance / 2,
          footprint.right + tolerance / 2, footprint.top + tolerance / 2)
      else { throw IngestError.neighbourSearch(what: "GEOS makes no box") }
      boxes.append(box)
      // Items are numbers in a pointer's clothes, from 1: GEOS never follows them.
      GEOSSTRtree_insert_r(context, tree, box, UnsafeMutableRawPointer(bitPattern: index + 1))
    }
    return try footprints.indices.map { index in
      try check()
      var found: [Int] = []
      withUnsafeMutablePointer(to: &found) { list in
        GEOSSTRtree_query_r(
          context, tree, boxes[index],
          { item, list in
            list!.assumingMemoryBound(to: [Int].self).pointee.append(Int(bitPattern: item) - 1)
          }, list)
      }
      return found.sorted().filter { $0 != index }.map { other in
        NeighbourLink(
          chip: other,
          intersectionOverUnion: Float(
            footprints[index].intersectionOverUnion(footprints[other])))
      }
    }
  }

  /// Children of a node: GEOS's own recommendation.
  private static let nodeCapacity = 10
}
