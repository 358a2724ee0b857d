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

/// All scenes and what they share. Pixel sizes and coordinate systems may differ: footprints say
/// how chips lie to each other.
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
    var systems = SystemList()
    var scenes: [CatalogScene] = []
    var bytes = 0
    for recipe in recipes {
      let reader = try SceneReader(recipe)
      try Self.compare(reader, with: first)
      let system = try systems.number(of: reader.reference, scene: recipe.source)
      guard let corners = systems.toWGS84[system].corners(of: reader.grid.footprint) else {
        throw IngestError.noBounds(scene: recipe.source, column: 0, row: 0)
      }
      scenes.append(
        CatalogScene(recipe: recipe, grid: reader.grid, system: system, corners: corners))
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
    self.systems = systems.systems
    references = systems.descriptions
    toWGS84 = systems.toWGS84
  }

  /// What the values of each band mean.
  var meanings: [BandMeaning] {
    bands.map {
      BandMeaning(
        name: $0.name, unit: $0.unit, wavelength: $0.wavelength, scale: $0.scale ?? 1,
        offset: $0.offset ?? 0)
    }
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
}

/// Coordinate systems, each once, in the order in which scenes bring them.
struct SystemList {
  private(set) var systems: [SpatialReference] = []
  private(set) var descriptions: [CoordinateReferenceSystem] = []
  private(set) var toWGS84: [SpatialReference.GeographicTransform] = []
  private var numbers: [String: Int] = [:]

  /// The number of a system, which is added when it is new.
  /// - Throws: `SceneError` for one that does not say where on the globe its places are.
  mutating func number(of reference: SpatialReference, scene: String) throws -> Int {
    let description = reference.description
    // Most scenes spell a system as another one did before.
    if let known = numbers[description.wkt] { return known }
    if let same = systems.firstIndex(where: { $0.isSame(as: reference) }) {
      numbers[description.wkt] = same
      return same
    }
    guard let transform = SpatialReference.GeographicTransform(from: reference) else {
      throw SceneError.noGeoreferencing(
        scene: scene,
        what: reference.isLocal
          ? "place on the globe (its coordinate reference system, \(description.name), is local)"
          : "way from its coordinate reference system to WGS 84 that PROJ knows")
    }
    numbers[description.wkt] = systems.count
    systems.append(reference)
    descriptions.append(description)
    toWGS84.append(transform)
    return systems.count - 1
  }
}
