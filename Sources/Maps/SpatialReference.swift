// GDAL's coordinate systems (OGR SRS API). Owns its handles; knows nothing of rasters. The ways
// from one system to another are in MapTransform.swift.

import Basics
import CGDAL
import Imagery

/// A coordinate reference system of the plane, in the order x (east), y (north).
///
/// A system that the EPSG registry knows is kept as the registry spells it, so that equal scenes in
/// different containers have equal systems; the vertical part of a compound system is left out, and
/// OGC:CRS84 is EPSG:4326, from which it differs by the order of its axes alone.
package final class SpatialReference {
  /// GDAL's; valid while this lives.
  package let handle: OGRSpatialReferenceH

  /// A copy of a handle that GDAL owns; nil when GDAL has none.
  package init?(copying borrowed: OGRSpatialReferenceH?) {
    guard let borrowed, let handle = OSRClone(borrowed) else { return nil }
    self.handle = LibraryErrors.silenced { Self.canonical(handle) }
  }

  /// From what GDAL and PROJ take for a definition: "EPSG:32633", WKT, a PROJ string. Nil for what
  /// they do not know.
  package convenience init?(definition: String) {
    guard let handle = OSRNewSpatialReference(nil) else { return nil }
    defer { OSRDestroySpatialReference(handle) }
    let code = LibraryErrors.silenced { OSRSetFromUserInput(handle, definition) }
    guard code == OGRERR_NONE else { return nil }
    self.init(copying: handle)
  }

  /// What GDAL calls a system without a name.
  private static let unnamed = "unnamed"

  private init(owning handle: OGRSpatialReferenceH) { self.handle = handle }

  deinit { OSRDestroySpatialReference(handle) }

  /// Longitude and latitude in degrees on WGS 84; nil when PROJ's database is missing.
  package static func wgs84() -> SpatialReference? {
    LibraryErrors.silenced { imported(4326) }.map(SpatialReference.init(owning:))
  }

  /// Whether places have the same coordinates in both, whatever order of axes their texts name.
  package func isSame(as other: SpatialReference) -> Bool { Self.isSame(handle, other.handle) }

  /// True for a system that says how places lie to each other, but not where on the globe.
  package var isLocal: Bool { OSRIsLocal(handle) != 0 }

  /// True where coordinates are angles.
  package var isGeographic: Bool { OSRIsGeographic(handle) != 0 }

  /// The system as datasets tell it: name, code and WKT 2.
  package var description: CoordinateReferenceSystem {
    let name = OSRGetName(handle).map { String(cString: $0) } ?? Self.unnamed
    let authority = authority
    return CoordinateReferenceSystem(
      name: name == Self.unnamed ? authority ?? name : name, authority: authority, wkt: wkt)
  }

  private var authority: String? {
    guard let name = OSRGetAuthorityName(handle, nil), let code = OSRGetAuthorityCode(handle, nil)
    else { return nil }
    return "\(String(cString: name)):\(String(cString: code))"
  }

  private var wkt: String {
    var options: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    options = CSLSetNameValue(options, "FORMAT", "WKT2_2019")
    options = CSLSetNameValue(options, "MULTILINE", "NO")
    defer { CSLDestroy(options) }
    var text: UnsafeMutablePointer<CChar>?
    let code = LibraryErrors.silenced {
      OSRExportToWktEx(handle, &text, Self.constant(options))
    }
    guard code == OGRERR_NONE, let text else { return "" }
    defer { VSIFree(text) }
    return String(cString: text)
  }

  /// The geographic system that a projected one is drawn from; a geographic one's own copy.
  func geographicBase() -> SpatialReference? {
    guard let base = LibraryErrors.silenced({ OSRCloneGeogCS(handle) }) else { return nil }
    OSRSetAxisMappingStrategy(base, OAMS_TRADITIONAL_GIS_ORDER)
    return SpatialReference(owning: base)
  }

  /// Radians in a unit of longitude.
  var angularUnit: Double { OSRGetAngularUnits(handle, nil) }

  /// Metres in a unit of the map; at the equator for degrees.
  package var metresPerUnit: Double {
    isGeographic ? angularUnit * Earth.equatorRadius : OSRGetLinearUnits(handle, nil)
  }

  /// Takes a handle and returns the one to keep.
  private static func canonical(_ handle: OGRSpatialReferenceH) -> OGRSpatialReferenceH {
    if OSRIsCompound(handle) != 0 { _ = OSRStripVertical(handle) }
    _ = OSRDemoteTo2D(handle, nil)
    OSRSetAxisMappingStrategy(handle, OAMS_TRADITIONAL_GIS_ORDER)
    // Formats that spell a system out, but not its number: recognised where GDAL can, left alone
    // where not.
    if OSRGetAuthorityCode(handle, nil) == nil { _ = OSRAutoIdentifyEPSG(handle) }
    guard let number = number(of: handle), let registered = imported(number) else { return handle }
    guard isSame(handle, registered) else {
      OSRDestroySpatialReference(registered)
      return handle
    }
    OSRDestroySpatialReference(handle)
    return registered
  }

  /// The EPSG code that a system says it has, or else may have.
  private static func number(of handle: OGRSpatialReferenceH) -> Int32? {
    if let name = OSRGetAuthorityName(handle, nil), let code = OSRGetAuthorityCode(handle, nil),
      String(cString: name) == "EPSG"
    {
      return Int32(String(cString: code))
    }
    // GDAL's CRS84 has no code, and zones of UTM are found by their number.
    if OSRIsGeographic(handle) != 0 { return 4326 }
    var isNorth: Int32 = 0
    let zone = OSRGetUTMZone(handle, &isNorth)
    return zone == 0 ? nil : (isNorth != 0 ? 32600 : 32700) + zone
  }

  private static func imported(_ code: Int32) -> OGRSpatialReferenceH? {
    guard let text = RegisteredSystems.text(of: code), let handle = OSRNewSpatialReference(text)
    else { return nil }
    OSRSetAxisMappingStrategy(handle, OAMS_TRADITIONAL_GIS_ORDER)
    return handle
  }

  private static func isSame(_ one: OGRSpatialReferenceH, _ other: OGRSpatialReferenceH) -> Bool {
    let options = CSLSetNameValue(nil, "IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING", "YES")
    defer { CSLDestroy(options) }
    if OSRIsSameEx(one, other, constant(options)) != 0 { return true }
    // Some formats name a datum where the registry has the ensemble of its realisations; WKT 1 has
    // one word for both.
    guard let first = throughWKT1(one) else { return false }
    defer { OSRDestroySpatialReference(first) }
    guard let second = throughWKT1(other) else { return false }
    defer { OSRDestroySpatialReference(second) }
    return OSRIsSameEx(first, second, constant(options)) != 0
  }

  private static func throughWKT1(_ handle: OGRSpatialReferenceH) -> OGRSpatialReferenceH? {
    var text: UnsafeMutablePointer<CChar>?
    defer { VSIFree(text) }
    return LibraryErrors.silenced {
      OSRExportToWkt(handle, &text) == OGRERR_NONE ? OSRNewSpatialReference(text) : nil
    }
  }

  /// A list of GDAL's as what only reads it takes it.
  private static func constant(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  ) -> UnsafePointer<UnsafePointer<CChar>?>? {
    list.map { UnsafeRawPointer($0).assumingMemoryBound(to: UnsafePointer<CChar>?.self) }
  }
}
