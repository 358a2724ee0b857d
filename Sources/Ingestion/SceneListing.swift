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
  let say: (String) -> Void

  /// What is known of an open scene.
  private struct Opened {
    var recipe: SceneRecipe
    let grid: RasterGrid
    let reference: CoordinateReferenceSystem
    let pixelType: PixelType
    var bands: [BandSource]
    let alpha: [BandSource]
    let bytes: Int
    let unwritten: UnwrittenPixels
  }

  /// - Parameter earlier: what the dataset was made of to which the scenes are added.
  /// - Throws: `SceneError`, `IngestError` that names the first scene that does not fit.
  func catalog(_ earlier: DatasetSources?) throws -> SceneCatalog {
    // A name that is wrong is told before scenes are read for hours.
    if let avoided = request.options.avoided {
      _ = try AvoidedArea(path: avoided.path, distance: avoided.distance)
    }
    let finding = request.options.finding
    let found = try SceneInputs.recipes(for: request.inputs, options: finding)
    var unreadable = found.unreadable.map {
      let name = Files.name(of: $0.path)
      return UnreadableScene(
        name,
        reason: PathText.withoutFolders($0.reason.replacing($0.path.visible, with: name.visible)))
    }
    let recipes = try earlier.map { try added(found.recipes, to: $0) } ?? found.recipes
    var reading = request.options.reading
    // Scale and offset are seen before they are applied.
    reading.values = .raw
    let outcomes = try parallel.map(recipes.count) { index -> (Opened?, UnreadableScene?) in
      do {
        return (try Self.open(recipes[index], reading), nil)
      } catch let error as SceneError where finding.skipsUnreadable {
        return (
          nil, UnreadableScene(recipes[index].name, reason: recipes[index].reason(error))
        )
      }
    }
    unreadable += outcomes.compactMap(\.1)
    var opened = outcomes.compactMap(\.0)
    guard let first = opened.first else { throw IngestError.noScenes(unreadable: unreadable.count) }
    opened = try opened.map { try Self.fitted($0, to: first) }
    try requireCountable(opened.map(\.grid))
    let scaling = try BandScaling.decide(opened.map { ($0.recipe.name, $0.bands) })
    reading.values = scaling.isPhysical ? .physical : request.options.reading.values
    var references: [CoordinateReferenceSystem] = []
    let scenes = try placed(opened, &references)
    sayChanged(earlier?.changed(scenes) ?? [])
    let header = SceneCatalog.Header(
      chipSide: request.options.chipSide,
      pixelType: reading.values == .physical ? .float32 : first.pixelType, bands: first.bands,
      references: references, reading: reading,
      notes: found.remarks + scaling.notes + Self.holes(opened),
      unreadable: unreadable, sceneCount: scenes.count)
    return try SceneCatalog(header, scenes)
  }

  /// All recipes: those of a dataset, and those of the named ones that it does not have.
  private func added(
    _ named: [SceneRecipe], to earlier: DatasetSources
  ) throws -> [SceneRecipe] {
    let new = SceneInputs.unknown(named, among: earlier.recipes)
    guard !new.isEmpty else { throw IngestError.nothingToAdd(sceneCount: named.count) }
    if new.count < named.count {
      say(
        "\(named.count - new.count) of \(named.count) scenes that are named are in the dataset "
          + "already; \(HumanFormat.counted(new.count, "scene")) will be added")
    }
    return earlier.recipes + new
  }

  private func sayChanged(_ names: [String]) {
    guard !names.isEmpty else { return }
    let listed = HumanFormat.listed(names.map(\.visible), "scene", first: 3)
    say(
      "\(listed) \(names.count == 1 ? "has" : "have") changed, in size or time, since chips were "
        + "cut: the new version is made of what is there now")
  }

  /// Windows of all scenes, at most: chips have numbers of 32 bits, and a place for each window is
  /// held in memory. More are those of a `--resolution` in other units than the map's.
  private static let mostWindows = 1 << 30

  private func requireCountable(_ grids: [RasterGrid]) throws {
    let (side, stride) = (request.options.chipSide, request.options.stride)
    func starts(_ length: Int) -> Int { length < side ? 0 : (length - side) / stride + 1 }
    var count = 0
    for grid in grids {
      count += starts(grid.width) * starts(grid.height)
      guard count <= Self.mostWindows else {
        throw IngestError.tooManyWindows(limit: Self.mostWindows)
      }
    }
  }

  private static func open(_ recipe: SceneRecipe, _ options: ReadingOptions) throws -> Opened {
    try VirtualRasters.refuseCycles(in: recipe)
    let reader = try SceneReader(recipe, options: options)
    return Opened(
      recipe: recipe, grid: reader.grid, reference: reader.reference.description,
      pixelType: reader.pixelType, bands: reader.bands, alpha: reader.alpha,
      bytes: reader.fileBytes, unwritten: reader.unwritten)
  }

  /// What reads as 0 because nobody wrote it.
  private static func holes(_ opened: [Opened]) -> [String] {
    var remarks = Remarks()
    for scene in opened where scene.unwritten.share >= leastUnwritten {
      let name = scene.recipe.name
      let share = HumanFormat.shortPercent(scene.unwritten.share)
      let what =
        scene.unwritten.isBetweenSources
        ? "are in none of its sources, and read as 0"
        : "were never written: tiles are missing in its file, which read as 0"
      remarks.add(
        "\(share) of \(name.visible) \(what). If they are no data, say so with --nodata 0",
        scene: name)
    }
    return remarks.texts
  }

  /// Of a scene, to be worth a word.
  private static let leastUnwritten = 0.001

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

  /// How many bands a scene has, and which one is none: in another scene it may be an image.
  private static func count(of scene: Opened) -> String {
    scene.alpha.reduce("\(scene.bands.count)") {
      $0 + ", besides \($1.name.visible), which is flagged as alpha (--keep-alpha reads it as an "
        + "image band)"
    }
  }

  /// The scene with its bands in the order of the first one's.
  /// - Throws: `IngestError.differs` for other bands.
  private static func fitted(_ scene: Opened, to first: Opened) throws -> Opened {
    func check<Value: Equatable>(_ what: String, _ expected: Value, _ found: Value) throws {
      if expected == found { return }
      throw IngestError.differs(
        scene: scene.recipe.source, from: first.recipe.source, what: what,
        expected: "\(expected)", found: "\(found)")
    }
    if first.bands.count != scene.bands.count {
      try check("number of bands", count(of: first), count(of: scene))
    }
    try check("pixel type", first.pixelType.rawValue, scene.pixelType.rawValue)
    let order = BandMatching.order(of: scene.bands, as: first.bands)
    if order == Array(first.bands.indices) { return scene }
    // Colours of a palette are not bands of the recipe, which alone can be put in another order.
    guard let order, scene.recipe.bands.count == scene.bands.count else {
      try check(
        "list of bands", first.bands.map(\.name).joined(separator: ", "),
        scene.bands.map(\.name).joined(separator: ", "))
      return scene
    }
    var result = scene
    result.bands = order.map { scene.bands[$0] }
    result.recipe.bands = order.map { scene.recipe.bands[$0] }
    return result
  }
}
