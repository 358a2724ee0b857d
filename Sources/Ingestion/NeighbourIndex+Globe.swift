// The search for neighbours across maps: outlines on the globe, compared in a plane that touches
// it, and the affine map that places one chip in the other's frame.

import Basics
import Imagery
import Maps
import Scenes

extension NeighbourIndex {
  /// How far an affine map may be from the exact projection, in pixels of the finer chip.
  private static let largestError = 0.5

  /// What a chip meets on other maps, each once, in no order.
  func meetingsAcrossMaps(_ chip: Int, on globe: GlobeSearch) throws -> [Contact] {
    let system = system(of: chip)
    let outline = outline(of: chip, on: globe)
    var candidates: Set<Int> = []
    for scene in try globe.scenes(around: outline) where scenes[scene].system != system {
      for reach in globe.reach(of: outline, in: scenes[scene]) {
        windows.forEachChip(of: scene, columns: reach.columns, rows: reach.rows) {
          candidates.insert($0)
        }
      }
    }
    return try candidates.compactMap { try meeting(of: chip, with: $0, on: globe) }
  }

  private func outline(of chip: Int, on globe: GlobeSearch) -> GlobeOutline? {
    globe.outline(
      of: chip, footprint(chip), side: windows.side, system: system(of: chip))
  }

  /// Compares two chips of different maps; the same from both ends.
  private func meeting(
    of chip: Int, with other: Int, on globe: GlobeSearch
  ) throws -> Contact? {
    let unlinkable = Contact(chip: other, intersectionOverUnion: 0, relation: .unlinkable)
    guard let first = outline(of: min(chip, other), on: globe),
      let second = outline(of: max(chip, other), on: globe)
    else { return unlinkable }
    let distance = angle(first.center, second.center)
    // Chords miss the edges that they stand for by a share of a pixel.
    let tolerance = (first.pixel + second.pixel) * GlobeOutline.chordError
    if distance > first.radius + second.radius + tolerance { return nil }
    guard max(first.radius, second.radius) < GlobeSearch.largestRadius else { return unlinkable }
    let plane = TangentPlane(
      at: first.radius <= second.radius ? first.center : second.center)
    let meeting = try globe.shapes.meeting(
      first.points.map(plane.place), second.points.map(plane.place), tolerance: tolerance)
    switch meeting {
    case .apart: return nil
    case .meeting(nil): return unlinkable
    case .meeting(let overlap?):
      return Contact(
        chip: other, intersectionOverUnion: Float(overlap), relation: .acrossMaps)
    }
  }

  /// From a neighbour's columns and rows to the map of a chip: the exact projection at the
  /// neighbour's centre, and its central differences to the middles of the edges. Nil where it is
  /// half a pixel or more from the exact projection, at a corner or the middle of an edge, by the
  /// pixels of either chip.
  func placement(of neighbour: Int, for chip: Int) -> AffineTransform? {
    globe?.placement(of: neighbour, for: chip) {
      computedPlacement(of: neighbour, for: chip)
    }
  }

  private func computedPlacement(of neighbour: Int, for chip: Int) -> AffineTransform? {
    guard
      let transform = globe?.transform(from: system(of: neighbour), to: system(of: chip))
    else { return nil }
    let anchor = footprint(chip)
    let anchorGrid = grid(of: chip).transform
    let own = placement(of: neighbour, shiftedBy: 0)
    let side = Double(windows.side)
    let places = [
      (0.5, 0.5), (0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0), (0.0, 0.0), (1.0, 0.0),
      (1.0, 1.0), (0.0, 1.0),
    ].map { (column: $0.0 * side, row: $0.1 * side) }
    guard
      let exact = transform.allPlaces(
        of: places.map { own.apply($0.column, $0.row) }, nearFirst: (anchor.left + anchor.right) / 2
      )
    else { return nil }
    var affine = AffineTransform(
      originX: 0, columnX: (exact[2].x - exact[1].x) / side,
      rowX: (exact[4].x - exact[3].x) / side, originY: 0,
      columnY: (exact[2].y - exact[1].y) / side, rowY: (exact[4].y - exact[3].y) / side)
    let middle = affine.apply(side / 2, side / 2)
    affine.originX = exact[0].x - middle.x
    affine.originY = exact[0].y - middle.y
    guard affine.isProper else { return nil }
    let inverse = affine.inverse
    for (place, point) in zip(places, exact) {
      let found = affine.apply(place.column, place.row)
      let (x, y) = (found.x - point.x, found.y - point.y)
      let inAnchor = (x / anchorGrid.columnX, y / anchorGrid.rowY)
      let inNeighbour = (
        inverse.columnX * x + inverse.rowX * y, inverse.columnY * x + inverse.rowY * y
      )
      for error in [inAnchor, inNeighbour]
      where error.0 * error.0 + error.1 * error.1 >= Self.largestError * Self.largestError {
        return nil
      }
    }
    return affine
  }
}
