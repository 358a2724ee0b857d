// Features of any vector file that OGR reads, on the globe. Not here: what is done with them.

import Basics
import CGDAL
import Imagery

/// What lies on the globe, as lines and points; areas besides as what can be asked for points.
package final class VectorLayer {
  /// A chain of points, or one point.
  package struct Path: Sendable {
    package let points: [GeographicPoint]
  }

  /// Why a file is not read.
  package enum ReadingError: Error, CustomStringConvertible {
    case unreadable(path: String)
    case noSystem(path: String, layer: String)
    case noFeatures(path: String)
    case outside(path: String, layer: String)

    package var description: String {
      switch self {
      case .unreadable(let path):
        "\(path) is not a file of features that OGR reads. Name a GeoPackage, GeoJSON, Shapefile "
          + "or the like; ogrinfo says what a file holds."
      case .noSystem(let path, let layer):
        "the layer \(layer) of \(path) has no coordinate reference system that leads to WGS 84. Give "
          + "it one with ogr2ogr -a_srs."
      case .noFeatures(let path):
        "\(path) holds no feature with a geometry. Name the file whose places are meant."
      case .outside(let path, let layer):
        "a feature of the layer \(layer) of \(path) lies outside of what its coordinate reference "
          + "system is defined for. Check the layer's coordinates and system."
      }
    }
  }

  /// The outlines and lines of all features, cut into short pieces.
  package private(set) var paths: [Path] = []
  private var areas: [Area] = []
  private let dataset: GDALDatasetH

  /// An area in its layer's own system. `geometry` is owned.
  private struct Area {
    let geometry: OGRGeometryH
    let box: Footprint
    let way: Int
  }

  /// From WGS 84 to each layer's system.
  private var ways: [MapTransform] = []
  private var areaTree: [BoxTree] = []

  /// Points of a path at most, so that a long line is found by its parts.
  private static let pointsPerPath = 32

  /// Reads all layers of a file.
  /// - Parameter step: how far apart points of a line may be, in metres.
  /// - Throws: `ReadingError`, `GeometryError`.
  package init(path: String, step: Double) throws {
    let opened = LibraryErrors.silenced {
      GDALAllRegister()
      return GDALOpenEx(path, UInt32(GDAL_OF_VECTOR | GDAL_OF_READONLY), nil, nil, nil)
    }
    guard let opened else { throw ReadingError.unreadable(path: path) }
    dataset = opened
    for number in 0..<GDALDatasetGetLayerCount(dataset) {
      guard let layer = GDALDatasetGetLayer(dataset, number) else { continue }
      try read(layer, of: path, step: step)
    }
    guard !paths.isEmpty else { throw ReadingError.noFeatures(path: path) }
    for way in ways.indices {
      areaTree.append(
        try BoxTree(
          areas.enumerated().filter { $0.element.way == way }.map {
            (box: $0.element.box, item: $0.offset)
          }))
    }
  }

  deinit {
    for area in areas { OGR_G_DestroyGeometry(area.geometry) }
    GDALClose(dataset)
  }

  /// Whether a place lies in an area, as OGR has it in the layer's own system.
  package func isInArea(_ place: GeographicPoint) throws -> Bool {
    let degrees = MapPoint(x: place.longitude, y: place.latitude)
    for (number, way) in ways.enumerated() {
      guard let point = way.places(of: [degrees])[0] else { continue }
      for turn in way.period == nil ? [0] : [-1, 0, 1] {
        let x = point.x + Double(turn) * (way.period ?? 0)
        let box = Footprint(left: x, top: point.y, right: x, bottom: point.y)
        for area in try areaTree[number].items(meeting: [box]) {
          guard let probe = OGR_G_CreateGeometry(wkbPoint) else { continue }
          defer { OGR_G_DestroyGeometry(probe) }
          OGR_G_SetPoint_2D(probe, 0, x, point.y)
          let isInside = LibraryErrors.silenced {
            OGR_G_Intersects(areas[area].geometry, probe) != 0
          }
          if isInside { return true }
        }
      }
    }
    return false
  }

  private func read(_ layer: OGRLayerH, of path: String, step: Double) throws {
    let name = String(cString: OGR_L_GetName(layer))
    var ways: (to: SpatialReference.GeographicTransform, unit: Double)?
    OGR_L_ResetReading(layer)
    while let feature = LibraryErrors.silenced({ OGR_L_GetNextFeature(layer) }) {
      defer { OGR_F_Destroy(feature) }
      guard let shape = OGR_F_GetGeometryRef(feature), OGR_G_IsEmpty(shape) == 0 else { continue }
      // Curves become lines, and heights are left out.
      guard let flat = OGR_G_GetLinearGeometry(shape, 0, nil) else { continue }
      OGR_G_FlattenTo2D(flat)
      if ways == nil { ways = try self.ways(of: layer, named: name, path) }
      guard let ways else { continue }
      let box = Self.box(flat)
      OGR_G_Segmentize(flat, step / ways.unit)
      let isInside = addPaths(flat, ways.to)
      if OGR_G_GetDimension(flat) == 2 {
        areas.append(Area(geometry: flat, box: box, way: self.ways.count - 1))
      } else {
        OGR_G_DestroyGeometry(flat)
      }
      guard isInside else { throw ReadingError.outside(path: path, layer: name) }
    }
  }

  /// The ways of a layer's system to the globe and, kept for its areas, back.
  private func ways(of layer: OGRLayerH, named name: String, _ path: String) throws -> (
    to: SpatialReference.GeographicTransform, unit: Double
  ) {
    guard let system = SpatialReference(copying: OGR_L_GetSpatialRef(layer)),
      let globe = SpatialReference.wgs84(),
      let way = SpatialReference.GeographicTransform(from: system),
      let back = MapTransform(from: globe, to: system)
    else { throw ReadingError.noSystem(path: path, layer: name) }
    ways.append(back)
    return (way, system.metresPerUnit)
  }

  /// False where a point has no place on the globe.
  private func addPaths(
    _ shape: OGRGeometryH, _ way: SpatialReference.GeographicTransform
  ) -> Bool {
    let parts = OGR_G_GetGeometryCount(shape)
    if parts > 0 {
      return (0..<parts).allSatisfy { addPaths(OGR_G_GetGeometryRef(shape, $0), way) }
    }
    let count = OGR_G_GetPointCount(shape)
    let map = (0..<count).map {
      MapPoint(x: OGR_G_GetX(shape, $0), y: OGR_G_GetY(shape, $0))
    }
    guard let points = way.points(of: map, slack: 1) else { return false }
    // Each piece begins where the last one ends.
    var start = 0
    repeat {
      let end = min(start + Self.pointsPerPath, points.count)
      if end > start { paths.append(Path(points: Array(points[start..<end]))) }
      start = end - 1
    } while start + 1 < points.count
    return true
  }

  private static func box(_ shape: OGRGeometryH) -> Footprint {
    var envelope = OGREnvelope()
    OGR_G_GetEnvelope(shape, &envelope)
    return Footprint(
      left: envelope.MinX, top: envelope.MaxY, right: envelope.MaxX, bottom: envelope.MinY)
  }
}
