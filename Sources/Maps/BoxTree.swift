// Which boxes meet a box: GEOS's STR-packed R-tree.

import Basics
import CGEOS

/// Boxes that can be asked for. One thread at a time.
package final class BoxTree {
  private let context: GEOSContextHandle_t
  private let tree: OpaquePointer
  /// The tree refers to them until it is gone.
  private var boxes: [OpaquePointer] = []
  /// Children of a node: GEOS's own recommendation.
  private static let nodeCapacity = 10

  /// From boxes and the numbers that they stand for; several boxes may stand for one.
  /// - Throws: `GeometryError` when GEOS runs out of memory.
  package init(_ entries: some Sequence<(box: Footprint, item: Int)>) throws {
    guard let context = GEOS_init_r() else {
      throw GeometryError.library(what: "GEOS does not start")
    }
    guard let tree = GEOSSTRtree_create_r(context, Self.nodeCapacity) else {
      GEOS_finish_r(context)
      throw GeometryError.library(what: "GEOS makes no tree")
    }
    self.context = context
    self.tree = tree
    for (box, item) in entries {
      guard
        let rectangle = GEOSGeom_createRectangle_r(
          context, box.left, box.bottom, box.right, box.top)
      else { throw GeometryError.library(what: "GEOS makes no box") }
      boxes.append(rectangle)
      // Items are numbers in a pointer's clothes, from 1: GEOS never follows them.
      GEOSSTRtree_insert_r(context, tree, rectangle, UnsafeMutableRawPointer(bitPattern: item + 1))
    }
  }

  deinit {
    GEOSSTRtree_destroy_r(context, tree)
    for box in boxes { GEOSGeom_destroy_r(context, box) }
    GEOS_finish_r(context)
  }

  /// The numbers whose boxes overlap or touch a box, ascending, each once.
  package func items(meeting boxes: [Footprint]) throws -> [Int] {
    var found: [Int] = []
    for box in boxes {
      guard
        let rectangle = GEOSGeom_createRectangle_r(
          context, box.left, box.bottom, box.right, box.top)
      else { throw GeometryError.library(what: "GEOS makes no box") }
      defer { GEOSGeom_destroy_r(context, rectangle) }
      withUnsafeMutablePointer(to: &found) { list in
        GEOSSTRtree_query_r(
          context, tree, rectangle,
          { item, list in
            list!.assumingMemoryBound(to: [Int].self).pointee.append(Int(bitPattern: item) - 1)
          }, list)
      }
    }
    found.sort()
    return found.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}

/// What keeps geometry from being computed.
package enum GeometryError: Error, CustomStringConvertible {
  case library(what: String)

  package var description: String {
    switch self {
    case .library(let what): "geometry failed: \(what). Give the machine more memory."
    }
  }
}
