// From what the user names to the catalog: every scene is opened once, on all threads, and compared
// with the first.

import Basics
import Foundation
import Imagery
import Maps
import Scenes

/// Makes a catalog.
struct SceneListing {
  let request: IngestRequest
  let parallel: ParallelWork

  /// What is known of an open scene.
  private struct Opened {
    let recipe: SceneRecipe
    let grid: RasterGrid
    let reference: CoordinateReferenceSystem
    let pixelType: PixelType
    let bands: [BandSource]
    let bytes: Int
  }

  /// - Parameter earlier: recipes of the dataset that the scenes are added to.
  /// - Throws: `SceneError`, `IngestError` that names the first scene that does not fit.
  func catalog(_ earlier: [SceneRecipe]) throws -> SceneCatalog {
    var unreadable: [UnreadableScene] = []
    let recipes = earlier + (try found(&unreadable))
    try Self.refuseDuplicates(recipes)
    let outcomes = try parallel.map(recipes.count) { index -> (Opened?, UnreadableScene?) in
      do {
        return (try Self.open(recipes[index]), nil)
      } catch let error as SceneError where request.options.skipsUnreadable {
        return (nil, UnreadableScene(name: recipes[index].name, reason: "\(error)"))
      }
    }
    unreadable += outcomes.compactMap(\.1)
    let opened = outcomes.compactMap(\.0)
    guard let first = opened.first else { throw IngestError.noScenes(unreadable: unreadable.count) }
    for scene in opened { try Self.compare(scene, with: first) }
    let scaling = try BandScaling.decide(opened.map { ($0.recipe.name, $0.bands) })
    var references: [CoordinateReferenceSystem] = []
    let scenes = try placed(opened, &references)
    let header = SceneCatalog.Header(
      chipSide: request.options.chipSide,
      pixelType: scaling.isPhysical ? .float32 : first.pixelType, bands: first.bands,
      references: references, isPhysical: scaling.isPhysical, notes: scaling.notes,
      unreadable: unreadable, sceneCount: scenes.count)
    return try SceneCatalog(header, scenes)
  }

  /// The new scenes' recipes: the one place that finds them.
  private func found(_ unreadable: inout [UnreadableScene]) throws -> [SceneRecipe] {
    do {
      return try SceneInputs.recipes(for: request.inputs)
    } catch is SceneError where request.options.skipsUnreadable {
      let readable = request.inputs.filter { input in
        do {
          _ = try SceneInputs.recipes(for: [input])
          return true
        } catch {
          unreadable.append(UnreadableScene(name: Files.name(of: input), reason: "\(error)"))
          return false
        }
      }
      return try SceneInputs.recipes(for: readable)
    }
  }

  private static func open(_ recipe: SceneRecipe) throws -> Opened {
    let reader = try SceneReader(recipe)
    return Opened(
      recipe: recipe, grid: reader.grid, reference: reader.reference.description,
      pixelType: reader.pixelType, bands: reader.bands, bytes: reader.fileBytes)
  }

  /// Gives each scene its system and its place on the globe.
  private func placed(
    _ opened: [Opened], _ references: inout [CoordinateReferenceSystem]
  ) throws -> [CatalogScene] {
    var systemOf: [String: Int] = [:]
    var systems: [SpatialReference] = []
    var transforms: [SpatialReference.GeographicTransform] = []
    return try opened.map { scene in
      try parallel.check()
      let name = scene.recipe.source
      var system = systemOf[scene.reference.wkt]
      if system == nil {
        guard let reference = SpatialReference(definition: scene.reference.wkt),
          let transform = SpatialReference.GeographicTransform(from: reference)
        else {
          throw SceneError.noGeoreferencing(
            scene: name,
            what: "way from its coordinate reference system to WGS 84 that PROJ knows")
        }
        system = systems.firstIndex { $0.isSame(as: reference) }
        if system == nil {
          try refuseOther(scene, than: references, opened[0])
          system = systems.count
          systems.append(reference)
          transforms.append(transform)
          references.append(scene.reference)
        }
        systemOf[scene.reference.wkt] = system
      }
      guard let system, let corners = transforms[system].corners(of: scene.grid.footprint) else {
        throw IngestError.noBounds(scene: name, column: 0, row: 0)
      }
      return CatalogScene(
        recipe: scene.recipe, grid: scene.grid, system: system, corners: corners,
        bytes: scene.bytes, stamps: SceneFileStamp.all(scene.recipe))
    }
  }

  /// `ChipLinks` finds neighbours within one system.
  private func refuseOther(
    _ scene: Opened, than known: [CoordinateReferenceSystem], _ first: Opened
  ) throws {
    guard let reference = known.first else { return }
    throw IngestError.differs(
      scene: scene.recipe.source, from: first.recipe.source, what: "coordinate reference system",
      expected: Self.title(reference), found: Self.title(scene.reference))
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

  private static func compare(_ scene: Opened, with first: Opened) throws {
    func check<Value: Equatable>(_ what: String, _ expected: Value, _ found: Value) throws {
      if expected == found { return }
      throw IngestError.differs(
        scene: scene.recipe.source, from: first.recipe.source, what: what,
        expected: "\(expected)", found: "\(found)")
    }
    try check("number of bands", first.bands.count, scene.bands.count)
    try check("pixel type", first.pixelType.rawValue, scene.pixelType.rawValue)
    try check(
      "list of bands", first.bands.map(\.name).joined(separator: ", "),
      scene.bands.map(\.name).joined(separator: ", "))
  }

  private static func title(_ crs: CoordinateReferenceSystem) -> String {
    guard let authority = crs.authority, authority != crs.name else { return crs.name }
    return "\(crs.name) (\(authority))"
  }
}
