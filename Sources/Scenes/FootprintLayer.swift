// Footprints of images that do not know where they lie, from the features of any vector layer that
// GDAL reads (OGR): which image, its four corners, when it was taken.

import Basics
import CGDAL
import Foundation
import Imagery

/// What a feature says of an image.
struct ImageFootprint {
  var path: String
  var corners: GeographicCorners
  var acquired: AcquisitionTime?
  /// What the feature has in the place of a date and is none.
  var unusableDate: String?
}

/// The features of a layer by the images that they name.
struct FootprintLayer {
  let footprints: [ImageFootprint]
  /// By the images' resolved paths.
  private var byPath: [String: Int] = [:]
  /// By the images' names; nil for a name that several images have.
  private var byName: [String: Int?] = [:]

  /// Reads all features.
  /// - Throws: `InputError` for a layer without the fields, and for a feature that has no path or
  ///   no four corners.
  init(_ source: FootprintSource) throws {
    let reader = try OpenLayer(source)
    footprints = try reader.footprints()
    for (index, footprint) in footprints.enumerated() {
      let path = Self.resolved(footprint.path)
      if byPath.updateValue(index, forKey: path) != nil {
        throw InputError.wrongFootprints(
          layer: source.layer, what: "two features name the image \(footprint.path.visible).")
      }
      let name = Files.name(of: footprint.path)
      byName[name] = byName.keys.contains(name) ? .some(nil) : index
    }
  }

  /// The footprint of an image: by its path, or by its name where no other image has that.
  func footprint(of path: String) -> ImageFootprint? {
    if let index = byPath[Self.resolved(path)] { return footprints[index] }
    return (byName[Files.name(of: path)] ?? nil).map { footprints[$0] }
  }

  private static func resolved(_ path: String) -> String {
    VirtualFiles.isVirtual(path)
      ? path : URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}

/// A vector layer that is open.
private final class OpenLayer {
  private let source: FootprintSource
  private let dataset: GDALDatasetH
  private let layer: OGRLayerH
  private let pathField: Int32
  private let dateField: Int32?
  /// To degrees on WGS 84; nil when the layer has them.
  private let transformation: OGRCoordinateTransformationH?

  init(_ source: FootprintSource) throws {
    func failure(_ what: String) -> InputError { .wrongFootprints(layer: source.layer, what: what) }
    CPLErrorReset()
    let path = VirtualFiles.address(source.layer) ?? source.layer
    guard
      let dataset = GDALOpenEx(
        path, UInt32(GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
    else {
      let reason = CPLGetLastErrorMsg().map { String(cString: $0) } ?? ""
      throw failure(reason.isEmpty ? "GDAL cannot open it as a vector layer." : reason)
    }
    var isTaken = false
    defer { if !isTaken { GDALClose(dataset) } }
    guard GDALDatasetGetLayerCount(dataset) == 1, let layer = GDALDatasetGetLayer(dataset, 0) else {
      throw failure(
        "it has \(GDALDatasetGetLayerCount(dataset)) layers and one is needed; take it out with "
          + "ogr2ogr.")
    }
    guard let definition = OGR_L_GetLayerDefn(layer) else { throw failure("it has no fields.") }
    let names = (0..<OGR_FD_GetFieldCount(definition)).compactMap { index in
      OGR_FD_GetFieldDefn(definition, index).flatMap { OGR_Fld_GetNameRef($0) }
        .map { String(cString: $0) }
    }
    func field(_ name: String) throws -> Int32 {
      guard let index = names.firstIndex(of: name) else {
        throw failure(
          "it has no field \(name.visible); it has \(InputError.list(names, most: 30)).")
      }
      return Int32(index)
    }
    pathField = try field(source.pathField)
    dateField = try source.dateField.map(field)
    transformation = try Self.transformation(of: layer, failure: failure)
    self.source = source
    self.dataset = dataset
    self.layer = layer
    isTaken = true
  }

  deinit {
    if let transformation { OCTDestroyCoordinateTransformation(transformation) }
    GDALClose(dataset)
  }

  /// A layer without a coordinate system has degrees: those of GeoJSON have.
  private static func transformation(
    of layer: OGRLayerH, failure: (String) -> InputError
  ) throws -> OGRCoordinateTransformationH? {
    guard let own = OGR_L_GetSpatialRef(layer) else { return nil }
    guard let from = OSRClone(own), let to = OSRNewSpatialReference(nil) else { return nil }
    defer {
      OSRDestroySpatialReference(from)
      OSRDestroySpatialReference(to)
    }
    OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER)
    OSRSetAxisMappingStrategy(to, OAMS_TRADITIONAL_GIS_ORDER)
    guard OSRImportFromEPSG(to, 4326) == OGRERR_NONE,
      let result = OCTNewCoordinateTransformation(from, to)
    else { throw failure("PROJ knows no way from its coordinate system to WGS 84.") }
    return result
  }

  func footprints() throws -> [ImageFootprint] {
    let folder = Files.parent(of: source.layer)
    var result: [ImageFootprint] = []
    OGR_L_ResetReading(layer)
    while let feature = OGR_L_GetNextFeature(layer) {
      defer { OGR_F_Destroy(feature) }
      let number = OGR_F_GetFID(feature)
      guard let name = text(feature, pathField), !name.isEmpty else {
        throw failure("feature \(number) has no \(source.pathField.visible).")
      }
      guard let polygon = OGR_F_GetGeometryRef(feature), let ring = outerRing(polygon) else {
        throw failure("feature \(number), \(name.visible), is not a polygon.")
      }
      guard let corners = FootprintCorners.corners(of: ring) else {
        throw failure(
          "feature \(number), \(name.visible), has no four corners that an image could have.")
      }
      let inFolder = VirtualFiles.resolve(name, in: folder)
      let path = VirtualFiles.kind(of: inFolder) == nil && Files.exists(name) ? name : inFolder
      let said = AcquisitionDates.Said(dateField.flatMap { text(feature, $0) })
      result.append(
        ImageFootprint(
          path: path, corners: corners, acquired: said.time, unusableDate: said.unusable))
    }
    if result.isEmpty { throw failure("it has no features.") }
    return result
  }

  private func failure(_ what: String) -> InputError {
    .wrongFootprints(layer: source.layer, what: what)
  }

  private func text(_ feature: OGRFeatureH, _ field: Int32) -> String? {
    guard OGR_F_IsFieldSetAndNotNull(feature, field) != 0 else { return nil }
    return OGR_F_GetFieldAsString(feature, field).map { String(cString: $0) }
  }

  /// The outer ring in degrees, without its last point, which is the first; of a multipolygon that
  /// is one polygon too.
  private func outerRing(_ geometry: OGRGeometryH) -> [GeographicPoint]? {
    var polygon = geometry
    if OGR_GT_Flatten(OGR_G_GetGeometryType(polygon)) == wkbMultiPolygon,
      OGR_G_GetGeometryCount(polygon) == 1, let only = OGR_G_GetGeometryRef(polygon, 0)
    {
      polygon = only
    }
    guard OGR_GT_Flatten(OGR_G_GetGeometryType(polygon)) == wkbPolygon,
      let ring = OGR_G_GetGeometryRef(polygon, 0)
    else { return nil }
    var points: [GeographicPoint] = []
    for index in 0..<OGR_G_GetPointCount(ring) {
      var x = [OGR_G_GetX(ring, index)]
      var y = [OGR_G_GetY(ring, index)]
      if let transformation, OCTTransform(transformation, 1, &x, &y, nil) == 0 { return nil }
      guard x[0].isFinite, y[0].isFinite, abs(y[0]) <= 90 else { return nil }
      points.append(GeographicPoint(longitude: x[0], latitude: y[0]))
    }
    if points.count > 1, points.first == points.last { points.removeLast() }
    return points
  }
}
