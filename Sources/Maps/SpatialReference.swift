// GDAL's coordinate systems (OGR SRS API). Owns its handles; knows nothing of rasters.

import Basics
import CGDAL
import Imagery

/// A coordinate reference system, in the order x (east), y (north).
package final class SpatialReference {
  private let handle: OGRSpatialReferenceH

  /// A copy of a handle that GDAL owns; nil when GDAL has none.
  package init?(copying borrowed: OGRSpatialReferenceH?) {
    guard let borrowed, let handle = OSRClone(borrowed) else { return nil }
    self.handle = handle
    OSRSetAxisMappingStrategy(handle, OAMS_TRADITIONAL_GIS_ORDER)
    // Formats that spell a system out, but not its number: recognised where GDAL can, left alone
    // where not.
    if OSRGetAuthorityCode(handle, nil) == nil { _ = OSRAutoIdentifyEPSG(handle) }
  }

  /// From what GDAL and PROJ take for a definition: "EPSG:32633", WKT, a PROJ string. Nil for what
  /// they do not know.
  package convenience init?(definition: String) {
    guard let handle = OSRNewSpatialReference(nil) else { return nil }
    defer { OSRDestroySpatialReference(handle) }
    guard OSRSetFromUserInput(handle, definition) == OGRERR_NONE else { return nil }
    self.init(copying: handle)
  }

  /// What GDAL calls a system without a name.
  private static let unnamed = "unnamed"

  private init(owning handle: OGRSpatialReferenceH) { self.handle = handle }

  deinit { OSRDestroySpatialReference(handle) }

  /// Longitude and latitude in degrees on WGS 84; nil when PROJ's database is missing.
  package static func wgs84() -> SpatialReference? {
    guard let handle = OSRNewSpatialReference(nil) else { return nil }
    let reference = SpatialReference(owning: handle)
    guard OSRImportFromEPSG(handle, 4326) == OGRERR_NONE else { return nil }
    OSRSetAxisMappingStrategy(handle, OAMS_TRADITIONAL_GIS_ORDER)
    return reference
  }

  package func isSame(as other: SpatialReference) -> Bool { OSRIsSame(handle, other.handle) != 0 }

  package var description: CoordinateReferenceSystem {
    var authority: String?
    if let name = OSRGetAuthorityName(handle, nil), let code = OSRGetAuthorityCode(handle, nil) {
      authority = "\(String(cString: name)):\(String(cString: code))"
    }
    let name = OSRGetName(handle).map { String(cString: $0) } ?? Self.unnamed
    return CoordinateReferenceSystem(
      name: name == Self.unnamed ? authority ?? name : name, authority: authority, wkt: wkt)
  }

  private var wkt: String {
    var options: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    options = CSLSetNameValue(options, "FORMAT", "WKT2_2019")
    options = CSLSetNameValue(options, "MULTILINE", "NO")
    defer { CSLDestroy(options) }
    var text: UnsafeMutablePointer<CChar>?
    let list = options.map {
      UnsafeRawPointer($0).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }
    guard OSRExportToWktEx(handle, &text, list) == OGRERR_NONE, let text else { return "" }
    defer { VSIFree(text) }
    return String(cString: text)
  }

  /// Places of a system as places on the globe. One thread at a time.
  package final class GeographicTransform {
    private let handle: OGRCoordinateTransformationH
    /// Points along each edge that are followed, since straight edges become curves.
    private static let pointsPerEdge: Int32 = 21

    /// Nil when PROJ knows no way to WGS 84.
    package init?(from source: SpatialReference) {
      guard let target = SpatialReference.wgs84(),
        let handle = OCTNewCoordinateTransformation(source.handle, target.handle)
      else { return nil }
      self.handle = handle
    }

    deinit { OCTDestroyCoordinateTransformation(handle) }

    /// Nil for a box outside of what the transformation is defined for.
    package func bounds(of box: Footprint) -> GeographicBounds? {
      var west = 0.0
      var south = 0.0
      var east = 0.0
      var north = 0.0
      let isDone = OCTTransformBounds(
        handle, box.left, box.bottom, box.right, box.top, &west, &south, &east, &north,
        Self.pointsPerEdge)
      guard isDone != 0, [west, south, east, north].allSatisfy(\.isFinite) else { return nil }
      return GeographicBounds(west: west, south: south, east: east, north: north)
    }

    /// Nil for a box outside of what the transformation is defined for.
    package func corners(of box: Footprint) -> GeographicCorners? {
      var x = [box.left, box.right, box.right, box.left]
      var y = [box.top, box.top, box.bottom, box.bottom]
      guard OCTTransform(handle, 4, &x, &y, nil) != 0, (x + y).allSatisfy(\.isFinite) else {
        return nil
      }
      let points = zip(x, y).map { GeographicPoint(longitude: $0, latitude: $1) }
      return GeographicCorners(
        upperLeft: points[0], upperRight: points[1], lowerRight: points[2], lowerLeft: points[3])
    }
  }
}
