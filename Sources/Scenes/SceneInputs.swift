// From what the user names to recipes. Each raster is opened once at most; products and catalogues
// say what they hold without that.

import Basics
import Foundation
import Imagery

package enum SceneInputs {
  /// The scenes that are named, in the order in which they are named; those of a folder by name.
  /// - Parameter inputs: files, folders, archives, "@list.txt", patterns, addresses, GDAL's paths,
  ///   STAC items. May be empty when footprints name the images.
  /// - Throws: `SceneError`, `InputError`.
  package static func recipes(
    for inputs: [String], options: InputOptions = InputOptions()
  ) throws -> FoundScenes {
    var search = SceneSearch(options)
    return try search.run(inputs)
  }

  /// Those of some recipes whose source is that of none of others, by whatever path.
  package static func unknown(
    _ recipes: [SceneRecipe], among others: [SceneRecipe]
  ) -> [SceneRecipe] {
    let known = Set(others.map { VirtualFiles.resolved($0.source) })
    return recipes.filter { !known.contains(VirtualFiles.resolved($0.source)) }
  }
}

/// One search for scenes.
struct SceneSearch {
  let options: InputOptions
  var remarks = Remarks()
  private var unreadable: [UnreadableInput] = []
  private var footprints: FootprintLayer?
  /// Pictures in folders that do not say where they lie.
  private var withoutPlace: [String] = []

  init(_ options: InputOptions) { self.options = options }

  /// - Throws: see `SceneInputs.recipes`.
  mutating func run(_ inputs: [String]) throws -> FoundScenes {
    footprints = try options.footprints.map(FootprintLayer.init)
    var items: [InputItem] = []
    for input in inputs {
      do {
        var expansion = InputExpansion()
        try expansion.add(input)
        items += expansion.items
        for failure in expansion.failures { try skip(failure.path, failure.error) }
      } catch {
        try skip(input, error)
      }
    }
    try addImagesOfFootprints(to: &items, isAsked: inputs.isEmpty)
    try refuseDuplicates(items.map(\.path))
    var scenes = try self.scenes(of: items)
    try refuseDuplicates(scenes.map(\.recipe.source))
    guard !scenes.isEmpty else {
      let leftOut =
        withoutPlace.isEmpty
        ? remarks.texts.map { $0 + "." }.joined(separator: " ")
        : HumanFormat.counted(withoutPlace.count, "picture")
          + (withoutPlace.count == 1 ? " does not say where it lies" : " do not say where they lie")
          + "; give footprints with --footprints."
      throw InputError.noScenes(inputs: inputs, leftOut: leftOut)
    }
    try complete(&scenes)
    if let first = withoutPlace.first {
      let isOne = withoutPlace.count == 1
      let why =
        options.footprints.map {
          (isOne ? "is" : "are") + " named by no feature of \(Files.name(of: $0.layer).visible)"
        } ?? (isOne ? "does not say where it lies" : "do not say where they lie")
      let folder = Files.name(of: Files.parent(of: first))
      remarks.add(
        "\(HumanFormat.counted(withoutPlace.count, "picture")) in \(folder.visible) \(why) and "
          + "\(isOne ? "is" : "are") left out: "
          + InputError.list(withoutPlace.map { Files.name(of: $0) }), scene: folder)
    }
    return FoundScenes(
      recipes: SceneNames.different(scenes.map(\.recipe)), remarks: remarks.texts,
      unreadable: unreadable)
  }

  /// Notes what cannot be read, where that is wanted. What is wrong with options or contradicts
  /// itself is no such thing.
  private mutating func skip(_ path: String, _ error: any Error) throws {
    guard options.skipsUnreadable,
      error is SceneError || (error as? InputError)?.isDamage == true
    else { throw error }
    unreadable.append(UnreadableInput(path: path, reason: "\(error)"))
  }

  /// The images that features name are the inputs where no other is given; those that are missing
  /// are said.
  private mutating func addImagesOfFootprints(
    to items: inout [InputItem], isAsked: Bool
  ) throws {
    guard let footprints, let layer = options.footprints?.layer else { return }
    var missing: [String] = []
    for footprint in footprints.footprints {
      if VirtualFiles.kind(of: footprint.path) == .file {
        guard isAsked else { continue }
        items.append(.raster(path: footprint.path, isNamed: true))
      } else {
        missing.append(footprint.path)
      }
    }
    if !missing.isEmpty {
      let name = Files.name(of: layer)
      remarks.add(
        "\(missing.count) of \(footprints.footprints.count) features of \(name.visible) name "
          + "images that are not there: \(InputError.list(missing.map { Files.name(of: $0) }))",
        scene: name)
    }
  }

  private func refuseDuplicates(_ paths: [String]) throws {
    var seen: Set<String> = []
    for path in paths where !seen.insert(VirtualFiles.resolved(path)).inserted {
      throw InputError.givenTwice(scene: path)
    }
  }
}

extension SceneSearch {
  /// Scenes in the order of the items; files that are one scene stand where the first of them is.
  private mutating func scenes(of items: [InputItem]) throws -> [FoundScene] {
    var parts: [[FoundScene]] = items.map { _ in [] }
    var rasters: [ProbedRaster] = []
    var places: [Int] = []
    var catalogues = CatalogueReader(options)
    for (place, item) in items.enumerated() {
      do {
        if case .raster(let path, let isNamed) = item {
          guard let raster = try probe(path, isNamed: isNamed) else { continue }
          rasters.append(raster)
          places.append(place)
        } else {
          parts[place] = try products(in: item, &catalogues)
        }
      } catch {
        try skip(item.path, error)
      }
    }
    try addFootprints(rasters)
    let placeOf = Dictionary(
      zip(rasters.map(\.path), places), uniquingKeysWith: { first, _ in first })
    for scene in try BandGroups.scenes(of: rasters, options.grouping, remarks: &remarks) {
      let files = scene.recipe.bands.compactMap { placeOf[$0.raster] }
      parts[files.min() ?? 0].append(withFootprint(scene))
    }
    return parts.flatMap { $0 }
  }

  /// The scenes of what says itself what it holds.
  private mutating func products(
    in item: InputItem, _ catalogues: inout CatalogueReader
  ) throws -> [FoundScene] {
    switch item {
    case .raster: return []
    case .sentinel(let metadata, let source):
      return try SentinelProduct(metadata: metadata, source: source)
        .scenes(trustsOffset: options.saysOffset, remarks: &remarks)
    case .landsat(let metadata, let source):
      let product = try LandsatProduct(metadata: metadata, source: source)
      return [try product.scene(remarks: &remarks)]
    case .catalogue(let path, let text):
      let before = catalogues.scenes.count
      try catalogues.add(text, path: path, remarks: &remarks)
      return Array(catalogues.scenes[before...])
    }
  }

  /// Nil for a picture in a folder that does not say where it lies.
  private mutating func probe(_ path: String, isNamed: Bool) throws -> ProbedRaster? {
    var raster = try RemoteRetry.run(over: [path]) { try ProbedRaster(path) }
    if raster.acquired == nil, case .none = AcquisitionDates.inName(Files.name(of: path)) {
      raster.acquired = raster.fileDate
    }
    if isNamed || raster.hasPlace || footprints?.footprint(of: path) != nil { return raster }
    withoutPlace.append(path)
    return nil
  }

  /// Images without a place need a feature once there are features.
  private func addFootprints(_ rasters: [ProbedRaster]) throws {
    guard let footprints, let layer = options.footprints?.layer else { return }
    let missing = rasters.filter { !$0.hasPlace && footprints.footprint(of: $0.path) == nil }
    if !missing.isEmpty {
      throw InputError.noFootprints(images: missing.map(\.path), layer: layer)
    }
  }

  /// What a raster says of its own place counts more.
  private func withFootprint(_ scene: FoundScene) -> FoundScene {
    guard let footprint = footprints?.footprint(of: scene.recipe.source) else { return scene }
    var result = scene
    result.recipe.corners = footprint.corners
    result.recipe.acquired = footprint.acquired ?? scene.recipe.acquired
    result.unusableDate = footprint.unusableDate ?? scene.unusableDate
    return result
  }

  /// Dates, chosen bands and masks.
  private mutating func complete(_ scenes: inout [FoundScene]) throws {
    for index in scenes.indices {
      try date(&scenes[index])
      try chooseBands(&scenes[index])
    }
    try chooseMasks(&scenes)
  }

  private func chooseBands(_ scene: inout FoundScene) throws {
    if options.bands.isEmpty { return }
    let indices = try options.bands.map { try BandMatching.index(of: $0, in: scene) }
    for (place, index) in indices.enumerated() where indices[..<place].contains(index) {
      throw InputError.bandTwice(
        scene: scene.recipe.source, band: scene.recipe.bands[index].name)
    }
    scene.recipe.bands = indices.map { scene.recipe.bands[$0] }
    scene.aliases = indices.map { scene.aliases[$0] }
  }

  /// - Throws: `InputError` for a layer that no scene has, and for scenes that have none of those
  ///   that are chosen.
  private mutating func chooseMasks(_ scenes: inout [FoundScene]) throws {
    if options.masks.isEmpty { return sayLayers(scenes) }
    let available = Set(scenes.flatMap { $0.layers.map(\.name) }).sorted()
    for choice in options.masks {
      var isThere = false
      for index in scenes.indices {
        for layer in scenes[index].layers where BandMatching.isSame(layer.name, choice.layer) {
          isThere = true
          scenes[index].recipe.masks.append(
            MaskSource(
              raster: layer.raster, number: layer.number, values: choice.values,
              bits: choice.bits))
        }
      }
      if !isThere {
        throw InputError.missingLayer(
          layer: choice.layer, scenes: scenes.map(\.recipe.source), available: available)
      }
    }
    let without = scenes.filter { $0.recipe.masks.isEmpty }.map(\.recipe.source)
    if !without.isEmpty {
      throw InputError.missingLayer(
        layer: options.masks.map(\.layer).joined(separator: " or "), scenes: without,
        available: available)
    }
    sayLayers(scenes)
  }

  /// Quality layers that are there and not used.
  private mutating func sayLayers(_ scenes: [FoundScene]) {
    for scene in scenes {
      let unused = scene.layers.map(\.name).filter { name in
        !options.masks.contains { BandMatching.isSame($0.layer, name) }
      }
      guard let first = unused.first else { continue }
      let example =
        unused.lazy.compactMap(QualityNames.advice).first ?? "--mask \(first.visible):VALUES"
      let name = scene.recipe.name
      remarks.add(
        unused.count == 1
          ? "\(first.visible) of \(name.visible) is a quality layer and no band; \(example) would "
            + "make a mask of it"
          : "\(InputError.list(unused, most: 30)) of \(name.visible) are quality layers and no "
            + "bands; --mask makes masks of them, as in \(example)", scene: name)
    }
  }
}
