// What the search for neighbours across maps needs of the globe: scenes by longitude and latitude,
// outlines of chips, and the ways between maps.

import Basics
import Imagery
import Maps
import Scenes

/// Scenes of several coordinate systems on one globe. One thread at a time.
final class GlobeSearch {
  /// A window whose outline is farther than this from its centre, in radians, is compared by the
  /// cap around it: on a quarter of the globe no frame is flat.
  static let largestRadius = Double.pi / 3
  /// Outlines that are kept for the next chips, of about 500 bytes each.
  private static let cacheCapacity = 1 << 14

  /// Placements that are kept, of about 100 bytes each.
  private static let placementCapacity = 1 << 16

  let shapes: PlanarShapes
  private let tree: BoxTree
  private let references: [SpatialReference]
  /// Of each system.
  private var periods: [Int: Double?] = [:]
  private var toGlobe: [Int: SpatialReference.GeographicTransform] = [:]
  private var fromGlobe: [Int: MapTransform] = [:]
  private var between: [[Int]: MapTransform] = [:]
  private var outlines: [Int: GlobeOutline?] = [:]
  private var placements: [PlacedPair: AffineTransform?] = [:]

  /// A neighbour and the chip in whose frame it is placed.
  private struct PlacedPair: Hashable {
    let neighbour: Int
    let chip: Int
  }

  /// - Throws: `GeometryError`, `IngestError.noWayToGlobe`.
  init(scenes: [IndexedScene], systems references: [SpatialReference], used: [Int]) throws {
    self.references = references
    shapes = try PlanarShapes()
    for system in used {
      let period = references[system].period()
      guard let globe = SpatialReference.wgs84(),
        let toGlobe = SpatialReference.GeographicTransform(from: references[system]),
        let fromGlobe = MapTransform(from: globe, to: references[system], period: period)
      else { throw IngestError.noWayToGlobe(system: references[system].description.name) }
      periods[system] = period
      self.toGlobe[system] = toGlobe
      self.fromGlobe[system] = fromGlobe
    }
    var entries: [(box: Footprint, item: Int)] = []
    for (number, scene) in scenes.enumerated() {
      let boxes = Self.boxes(of: scene.grid, self.toGlobe[scene.system]!)
      entries += boxes.map { ($0, number) }
    }
    tree = try BoxTree(entries)
  }

  /// Boxes in degrees that hold a scene, with some room for what its curved edges add between the
  /// points that are followed; the whole globe for a scene that has no bounds.
  private static func boxes(
    of grid: RasterGrid, _ transform: SpatialReference.GeographicTransform
  ) -> [Footprint] {
    let globe = [Footprint(left: -180, top: 90, right: 180, bottom: -90)]
    guard let bounds = transform.bounds(of: grid.footprint) else { return globe }
    let outline = GlobeOutline(
      of: grid.footprint, side: max(grid.width, grid.height), by: transform)
    guard let outline, outline.radius < largestRadius else { return globe }
    return bounds.boxes(share: 0.02, margin: 1e-5)
  }

  /// The scenes that may reach into the cap around an outline, ascending; all without one.
  func scenes(around outline: GlobeOutline?) throws -> [Int] {
    let globe = [Footprint(left: -180, top: 90, right: 180, bottom: -90)]
    guard let outline, outline.radius < Self.largestRadius else {
      return try tree.items(meeting: globe)
    }
    return try tree.items(meeting: outline.boxes(margin: outline.pixel))
  }

  /// The outline of a chip; nil where a point of it has no place on the globe.
  func outline(of chip: Int, _ box: Footprint, side: Int, system: Int) -> GlobeOutline? {
    if let known = outlines[chip] { return known }
    let outline = GlobeOutline(of: box, side: side, by: toGlobe[system]!)
    if outlines.count >= Self.cacheCapacity { outlines.removeAll(keepingCapacity: true) }
    outlines[chip] = .some(outline)
    return outline
  }

  /// What a computation gives for two chips, kept for when the other one asks.
  func placement(
    of neighbour: Int, for chip: Int, _ compute: () -> AffineTransform?
  ) -> AffineTransform? {
    let pair = PlacedPair(neighbour: neighbour, chip: chip)
    if let known = placements[pair] { return known }
    let placement = compute()
    if placements.count >= Self.placementCapacity { placements.removeAll(keepingCapacity: true) }
    placements[pair] = .some(placement)
    return placement
  }

  /// The way from one system to another.
  func transform(from source: Int, to target: Int) -> MapTransform? {
    if let known = between[[source, target]] { return known }
    let made = MapTransform(
      from: references[source], to: references[target], period: periods[target]!)
    between[[source, target]] = made
    return made
  }

  /// The columns and rows of a scene that an outline may cover, several where the scene's map
  /// repeats itself: never too few.
  func reach(of outline: GlobeOutline?, in scene: IndexedScene) -> [PixelReach] {
    let whole = [PixelReach.everything]
    guard let outline, outline.radius < Self.largestRadius else { return whole }
    let box = scene.grid.footprint
    let way = fromGlobe[scene.system]!
    func map(_ directions: [SIMD3<Double>], near x: Double) -> [MapPoint]? {
      way.allPlaces(
        of: directions.map { MapPoint(x: $0.geographic.longitude, y: $0.geographic.latitude) },
        near: x)
    }
    guard let center = map([outline.center], near: (box.left + box.right) / 2)?[0],
      let points = map(outline.points, near: center.x)
    else { return whole }
    var around = PlanarShapes.box(points + [center])
    // Between the points that are followed an edge bends by less than this.
    let margin = 0.1 * max(around.width, around.height)
    around = Footprint(
      left: around.left - margin, top: around.top + margin, right: around.right + margin,
      bottom: around.bottom - margin)
    guard let period = periods[scene.system]! else {
      return [PixelReach(scene.grid.pixels(of: around, slack: 1))]
    }
    // Close to a pole a map that unrolls the globe tears everything apart.
    if Double.pi / 2 - angleFromEquator(outline.center) < 3 * outline.radius {
      let rows = scene.grid.pixels(of: around, slack: 1).rows
      let all = -Double.infinity...Double.infinity
      return [
        PixelReach(
          columns: all,
          rows: outline.center.z > 0
            ? -Double.infinity...rows.upperBound : rows.lowerBound...Double.infinity)
      ]
    }
    return (-2...2).map { turns in
      let distance = Double(turns) * period
      let moved = Footprint(
        left: around.left + distance, top: around.top, right: around.right + distance,
        bottom: around.bottom)
      return PixelReach(scene.grid.pixels(of: moved, slack: 1))
    }
  }

  private func angleFromEquator(_ direction: SIMD3<Double>) -> Double {
    abs(direction.geographic.latitude) * .pi / 180
  }
}

/// A part of a scene, in pixels; it may go beyond the scene's edges.
struct PixelReach {
  static let everything = PixelReach(
    columns: -Double.infinity...Double.infinity, rows: -Double.infinity...Double.infinity)

  let columns: ClosedRange<Double>
  let rows: ClosedRange<Double>

  init(columns: ClosedRange<Double>, rows: ClosedRange<Double>) {
    self.columns = columns
    self.rows = rows
  }

  init(_ pixels: (columns: ClosedRange<Double>, rows: ClosedRange<Double>)) {
    columns = pixels.columns
    rows = pixels.rows
  }
}
