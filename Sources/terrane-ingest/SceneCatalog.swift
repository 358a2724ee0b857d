// The scenes of one dataset: opened once to learn what they are and that they fit together. No
// pixels.

import Basics
import Foundation
import Imagery

/// A scene that fits the dataset.
struct SceneEntry {
  let path: String
  let width: Int
  let height: Int
  let originX: Double
  let originY: Double
  /// Map units, both positive.
  let pixelWidth: Double
  let pixelHeight: Double

  var name: String { String(path.split(separator: "/").last ?? Substring(path)) }

  /// A window's box on the map. Equal pixel edges have equal coordinates, so that windows that
  /// touch do so exactly.
  func footprint(_ window: PixelWindow) -> Footprint {
    Footprint(
      left: originX + pixelWidth * Double(window.column),
      top: originY - pixelHeight * Double(window.row),
      right: originX + pixelWidth * Double(window.column + window.width),
      bottom: originY - pixelHeight * Double(window.row + window.height))
  }

  var footprint: Footprint {
    footprint(PixelWindow(column: 0, row: 0, width: width, height: height))
  }
}

/// All scenes and what they share. Pixel sizes may differ: footprints say how chips lie to each
/// other.
struct SceneCatalog {
  let scenes: [SceneEntry]
  let layout: ChipLayout
  let bandNames: [String]
  let bandColors: [String?]
  let bandUnits: [String?]
  let crs: CoordinateReferenceSystem
  let toWGS84: SpatialReference.BoundsTransform
  /// Of the scenes' files.
  let bytes: Int

  /// Opens every scene and compares it with the first.
  /// - Throws: `IngestError` that names the first scene that does not fit.
  init(_ paths: [String], chipSide: Int) throws {
    try Self.refuseDuplicates(paths)
    let first = try Raster(paths[0])
    let reference = try Self.reference(of: first)
    var scenes: [SceneEntry] = []
    var bytes = 0
    for path in paths {
      let raster = try Raster(path)
      try Self.compare(raster, with: first)
      let own = try Self.reference(of: raster)
      guard own.isSame(as: reference) else {
        throw IngestError.differs(
          scene: path, from: first.path, what: "coordinate reference system",
          expected: Self.title(reference), found: Self.title(own))
      }
      scenes.append(try Self.entry(for: raster))
      bytes += raster.fileBytes
    }
    guard let wgs84 = SpatialReference.wgs84(),
      let transform = SpatialReference.BoundsTransform(from: reference, to: wgs84)
    else {
      throw IngestError.noGeoreferencing(
        scene: first.path,
        what: "way from its coordinate reference system to WGS 84 that PROJ knows")
    }
    guard
      let layout = ChipLayout(
        side: chipSide, bandCount: first.bandCount, pixelType: first.pixelType)
    else { throw IngestError.chipTooLarge(side: chipSide, bands: first.bandCount) }
    self.scenes = scenes
    self.layout = layout
    self.bytes = bytes
    bandNames = first.bandNames
    bandColors = first.bandColors
    bandUnits = first.bandUnits
    crs = reference.description
    toWGS84 = transform
  }

  /// The smallest edge of a pixel, in map units.
  var finestPixel: Double {
    scenes.reduce(.infinity) { min($0, $1.pixelWidth, $1.pixelHeight) }
  }

  private static func refuseDuplicates(_ paths: [String]) throws {
    var seen: Set<String> = []
    for path in paths {
      let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      guard seen.insert(resolved).inserted else { throw IngestError.givenTwice(scene: path) }
    }
  }

  private static func reference(of raster: Raster) throws -> SpatialReference {
    guard let reference = raster.spatialReference else {
      throw IngestError.noGeoreferencing(
        scene: raster.path, what: "coordinate reference system")
    }
    return reference
  }

  private static func compare(_ raster: Raster, with first: Raster) throws {
    func check<Value: Equatable>(_ what: String, _ expected: Value, _ found: Value) throws {
      if expected == found { return }
      throw IngestError.differs(
        scene: raster.path, from: first.path, what: what, expected: "\(expected)",
        found: "\(found)")
    }
    try check("number of bands", first.bandCount, raster.bandCount)
    try check("pixel type", first.pixelType.rawValue, raster.pixelType.rawValue)
    try check(
      "list of bands", first.bandNames.joined(separator: ", "),
      raster.bandNames.joined(separator: ", "))
  }

  private static func entry(for raster: Raster) throws -> SceneEntry {
    guard let transform = raster.transform else {
      throw IngestError.noGeoreferencing(scene: raster.path, what: "place on the map")
    }
    guard transform[2] == 0, transform[4] == 0 else {
      throw IngestError.rotated(scene: raster.path)
    }
    let entry = SceneEntry(
      path: raster.path, width: raster.width, height: raster.height, originX: transform[0],
      originY: transform[3], pixelWidth: transform[1], pixelHeight: -transform[5])
    guard entry.pixelWidth > 0, entry.pixelHeight > 0 else {
      throw IngestError.flipped(scene: raster.path)
    }
    guard entry.footprint.isProper else {
      throw IngestError.noGeoreferencing(scene: raster.path, what: "finite place on the map")
    }
    return entry
  }

  private static func title(_ reference: SpatialReference) -> String {
    let crs = reference.description
    guard let authority = crs.authority, authority != crs.name else { return crs.name }
    return "\(crs.name) (\(authority))"
  }
}
