// The scenes of one dataset: opened once to learn what they are and that they fit together. No
// pixels.

import Basics
import Foundation
import Imagery
import Maps
import Scenes

/// A scene that fits the dataset.
struct CatalogScene {
  let recipe: SceneRecipe
  let grid: RasterGrid
  /// Index into the catalog's reference systems.
  let system: Int
  let corners: GeographicCorners
}

/// All scenes and what they share. Pixel sizes may differ: footprints say how chips lie to each
/// other.
struct SceneCatalog {
  let scenes: [CatalogScene]
  let layout: ChipLayout
  let bands: [BandSource]
  let systems: [SpatialReference]
  /// What the systems are called.
  let references: [CoordinateReferenceSystem]
  /// Of each system.
  let toWGS84: [SpatialReference.GeographicTransform]
  /// Of the scenes' files.
  let bytes: Int

  /// Opens every scene and compares it with the first.
  /// - Throws: `SceneError`, `IngestError` that names the first scene that does not fit.
  init(_ recipes: [SceneRecipe], chipSide: Int) throws {
    try Self.refuseDuplicates(recipes)
    let first = try SceneReader(recipes[0])
    guard
      let transform = SpatialReference.GeographicTransform(from: first.reference)
    else {
      throw SceneError.noGeoreferencing(
        scene: recipes[0].source,
        what: "way from its coordinate reference system to WGS 84 that PROJ knows")
    }
    var scenes: [CatalogScene] = []
    var bytes = 0
    for recipe in recipes {
      let reader = try SceneReader(recipe)
      try Self.compare(reader, with: first)
      guard reader.reference.isSame(as: first.reference) else {
        throw IngestError.differs(
          scene: recipe.source, from: recipes[0].source, what: "coordinate reference system",
          expected: Self.title(first.reference), found: Self.title(reader.reference))
      }
      guard let corners = transform.corners(of: reader.grid.footprint) else {
        throw IngestError.noBounds(scene: recipe.source, column: 0, row: 0)
      }
      scenes.append(
        CatalogScene(recipe: recipe, grid: reader.grid, system: 0, corners: corners))
      bytes += reader.fileBytes
    }
    guard
      let layout = ChipLayout(
        side: chipSide, bandCount: first.bandCount, pixelType: first.pixelType)
    else { throw IngestError.chipTooLarge(side: chipSide, bands: first.bandCount) }
    self.scenes = scenes
    self.layout = layout
    self.bytes = bytes
    bands = first.bands
    systems = [first.reference]
    references = systems.map(\.description)
    toWGS84 = [transform]
  }

  /// What the values of each band mean.
  var meanings: [BandMeaning] {
    bands.map {
      BandMeaning(
        name: $0.name, unit: $0.unit, wavelength: $0.wavelength, scale: $0.scale ?? 1,
        offset: $0.offset ?? 0)
    }
  }

  /// The smallest edge of a pixel, in map units.
  var finestPixel: Double {
    scenes.reduce(.infinity) { min($0, $1.grid.transform.columnX, -$1.grid.transform.rowY) }
  }

  private static func refuseDuplicates(_ recipes: [SceneRecipe]) throws {
    var seen: Set<String> = []
    for recipe in recipes {
      let resolved = URL(fileURLWithPath: recipe.source).resolvingSymlinksInPath().path
      guard seen.insert(resolved).inserted else {
        throw IngestError.givenTwice(scene: recipe.source)
      }
    }
  }

  private static func compare(_ reader: SceneReader, with first: SceneReader) throws {
    func check<Value: Equatable>(_ what: String, _ expected: Value, _ found: Value) throws {
      if expected == found { return }
      throw IngestError.differs(
        scene: reader.recipe.source, from: first.recipe.source, what: what,
        expected: "\(expected)", found: "\(found)")
    }
    try check("number of bands", first.bandCount, reader.bandCount)
    try check("pixel type", first.pixelType.rawValue, reader.pixelType.rawValue)
    try check(
      "list of bands", first.bands.map(\.name).joined(separator: ", "),
      reader.bands.map(\.name).joined(separator: ", "))
  }

  private static func title(_ reference: SpatialReference) -> String {
    let crs = reference.description
    guard let authority = crs.authority, authority != crs.name else { return crs.name }
    return "\(crs.name) (\(authority))"
  }
}
