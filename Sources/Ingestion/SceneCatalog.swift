// The scenes of one dataset: what they are without their pixels, and what they share. A value that
// one process writes and others read.

import Basics
import Foundation
import Imagery
import Maps
import Scenes

/// A scene that fits the dataset.
struct CatalogScene: Hashable, Codable {
  let recipe: SceneRecipe
  let grid: RasterGrid
  /// Index into the catalog's reference systems.
  let system: Int
  let corners: GeographicCorners
  /// Of its files.
  let bytes: Int
  /// What tells that a file has changed, for those that lie on a disk.
  let stamps: [SceneFileStamp]
}

/// Size and time of a file that a scene is read from.
struct SceneFileStamp: Hashable, Codable {
  let path: String
  let bytes: Int
  /// Seconds since 2001, as the file system says.
  let modified: Double

  /// Nil for what is no file of this machine.
  init?(_ path: String) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int, let date = attributes[.modificationDate] as? Date
    else { return nil }
    self.path = path
    bytes = size
    modified = date.timeIntervalSinceReferenceDate
  }

  /// Of all rasters of a recipe and of what GDAL keeps beside them.
  static func all(_ recipe: SceneRecipe) -> [SceneFileStamp] {
    let rasters = recipe.bands.map(\.raster) + recipe.masks.map(\.raster)
    return Set([recipe.source] + rasters).sorted().flatMap { [$0, $0 + ".aux.xml"] }
      .compactMap { SceneFileStamp($0) }
  }
}

/// A scene that is left out because it cannot be read.
struct UnreadableScene: Hashable, Codable {
  let name: String
  /// Without the name.
  let reason: String

  /// - Parameter reason: as an error says it.
  init(_ name: String, reason: String) {
    self.name = name
    let known = "cannot read \(name.visible): "
    self.reason = reason.hasPrefix(known) ? String(reason.dropFirst(known.count)) : reason
  }
}

/// All scenes and what they share. Pixel sizes and coordinate systems may differ: footprints say
/// how chips lie to each other.
struct SceneCatalog {
  /// What all scenes share: the first line of the file.
  struct Header: Hashable, Codable {
    var chipSide: Int
    var pixelType: PixelType
    var bands: [BandSource]
    /// What the systems are called.
    var references: [CoordinateReferenceSystem]
    /// How pixels are read: as physical values where the user or the scenes' scales ask for it.
    var reading: ReadingOptions
    /// Of the making of the list.
    var notes: [String]
    var unreadable: [UnreadableScene]
    var sceneCount: Int
  }

  let header: Header
  let scenes: [CatalogScene]
  let layout: ChipLayout
  /// Scenes that are scanned into one file, by their numbers: one by one where there are few, so
  /// that a run that goes on has little to do again; more where files would be many.
  let batches: [Range<Int>]

  /// - Throws: `IngestError` for chips that are too large.
  init(_ header: Header, _ scenes: [CatalogScene]) throws {
    guard
      let layout = ChipLayout(
        side: header.chipSide, bandCount: header.bands.count, pixelType: header.pixelType)
    else { throw IngestError.chipTooLarge(side: header.chipSide, bands: header.bands.count) }
    self.header = header
    self.scenes = scenes
    self.layout = layout
    let size = Self.batchSize(scenes.count)
    batches = stride(from: 0, to: scenes.count, by: size).map {
      $0..<min($0 + size, scenes.count)
    }
  }

  private static func batchSize(_ sceneCount: Int) -> Int { min(64, max(1, sceneCount / 256)) }

  /// Opens a scene for reading: the one place that says how.
  func open(_ scene: Int) throws -> SceneReader {
    try SceneReader(scenes[scene].recipe, options: header.reading)
  }

  /// What the values of each band mean.
  var meanings: [BandMeaning] {
    let isPhysical = header.reading.values == .physical
    return header.bands.map {
      BandMeaning(
        name: $0.name, unit: $0.unit, wavelength: $0.wavelength,
        scale: isPhysical ? 1 : $0.scale ?? 1, offset: isPhysical ? 0 : $0.offset ?? 0)
    }
  }

  /// A chip's box on its scene's map.
  func footprint(_ chip: ScannedChip) -> Footprint {
    scenes[Int(chip.scene)].grid.footprint(
      PixelWindow(
        column: Int(chip.column), row: Int(chip.row), width: layout.side, height: layout.side))
  }

  // The file

  var text: String {
    get throws {
      try ([JSONText.encode(header, .line)] + scenes.map { try JSONText.encode($0, .line) })
        .joined(separator: "\n") + "\n"
    }
  }

  /// - Throws: `IngestError.damagedWork`.
  static func read(_ path: String) throws -> SceneCatalog {
    try WorkFolder.withContent(of: path) { bytes in
      let decoder = JSONDecoder()
      let lines = bytes.split(separator: UInt8(ascii: "\n"))
      let header = try decoder.decode(Header.self, from: Data(lines.first ?? bytes[...]))
      let scenes = try lines.dropFirst().map {
        try decoder.decode(CatalogScene.self, from: Data($0))
      }
      guard scenes.count == header.sceneCount,
        scenes.allSatisfy({ header.references.indices.contains($0.system) })
      else { throw IngestError.damagedWork(path: path, what: "it has \(scenes.count) scenes") }
      return try SceneCatalog(header, scenes)
    }
  }
}

/// A way from each of the catalog's systems to the globe. One thread at a time.
struct CatalogTransforms {
  private let references: [CoordinateReferenceSystem]
  private var transforms: [Int: SpatialReference.GeographicTransform] = [:]

  init(_ references: [CoordinateReferenceSystem]) { self.references = references }

  /// Nil where PROJ knows none.
  mutating func toWGS84(_ system: Int) -> SpatialReference.GeographicTransform? {
    if let known = transforms[system] { return known }
    transforms[system] = SpatialReference(definition: references[system].wkt).flatMap {
      SpatialReference.GeographicTransform(from: $0)
    }
    return transforms[system]
  }

  /// Where a chip lies on the globe.
  /// - Throws: `IngestError.noBounds`.
  mutating func corners(
    of chip: ScannedChip, _ catalog: SceneCatalog
  ) throws -> GeographicCorners {
    let scene = catalog.scenes[Int(chip.scene)]
    guard let corners = toWGS84(scene.system)?.corners(of: catalog.footprint(chip)) else {
      throw IngestError.noBounds(
        scene: scene.recipe.source, column: Int(chip.column), row: Int(chip.row))
    }
    return corners
  }
}
