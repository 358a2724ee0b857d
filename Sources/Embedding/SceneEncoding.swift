// From scenes as a user names them to the bands of a run: which band is which channel, and that
// values mean the same. Not pixels.

import Basics
import Encoders
import Imagery
import Scenes

package enum SceneEncoding {
  /// The scenes that are named, each with the run's bands in the run's order: by name, colour or
  /// common name, or by place where names say nothing.
  /// - Parameter options: bands that are named in it are taken in their order, as the run's.
  /// - Throws: `SceneError`, `InputError`, `EmbeddingError.otherBands`.
  package static func scenes(
    _ inputs: [String], options: InputOptions, bands: [BandDescription]
  ) throws -> FoundScenes {
    let wanted = bands.map(\.name)
    if !options.bands.isEmpty {
      let found = try SceneInputs.recipes(for: inputs, options: options)
      for recipe in found.recipes where recipe.bands.count != wanted.count {
        throw EmbeddingError.otherBands(
          scene: recipe.source, bands: recipe.bands.map(\.name), wanted: wanted)
      }
      return found
    }
    var found = try SceneInputs.recipes(for: inputs, options: options)
    let reference = wanted.map { BandSource(raster: "", number: 1, name: $0) }
    let orders = found.recipes.map { BandMatching.order(of: $0.bands, as: reference) }
    if orders.allSatisfy({ $0 != nil }) {
      for (index, order) in orders.enumerated() {
        let bands = found.recipes[index].bands
        found.recipes[index].bands = (order ?? []).map { bands[$0] }
      }
      return found
    }
    var byName = options
    byName.bands = wanted
    do {
      return try SceneInputs.recipes(for: inputs, options: byName)
    } catch InputError.missingBand(let scene, _, let available) {
      throw EmbeddingError.otherBands(scene: scene, bands: available, wanted: wanted)
    }
  }

  /// Opens a scene and checks that its values mean what the run was trained on.
  /// - Throws: `SceneError`, `InputError`, `EmbeddingError`.
  package static func open(
    _ recipe: SceneRecipe, reading: ReadingOptions, bands: [BandDescription]
  ) throws -> SceneReader {
    try VirtualRasters.refuseCycles(in: recipe)
    let reader = try SceneReader(recipe, options: reading)
    guard reader.bandCount == bands.count else {
      throw EmbeddingError.otherBands(
        scene: recipe.source, bands: reader.bands.map(\.name), wanted: bands.map(\.name))
    }
    for (found, wanted) in zip(reader.bands, bands) {
      // What nobody says is taken to be as in the training.
      let scale = found.scale ?? wanted.scale
      let offset = found.offset ?? wanted.offset
      guard scale == wanted.scale && offset == wanted.offset else {
        throw EmbeddingError.otherUnits(
          scene: recipe.source, band: found.name, found: meaning(scale, offset),
          wanted: meaning(wanted.scale, wanted.offset))
      }
    }
    return reader
  }

  /// Where the bands of a dataset are among its chips', in the run's order.
  /// - Throws: `EmbeddingError` for other bands, and for values that mean something else.
  static func channels(
    of dataset: Dataset, as bands: [BandDescription]
  ) throws(EmbeddingError) -> [Int] {
    func sources(_ bands: [BandDescription]) -> [BandSource] {
      bands.enumerated().map { BandSource(raster: "", number: $0 + 1, name: $1.name) }
    }
    let (found, wanted) = (dataset.description.bands, bands.map(\.name))
    guard
      let channels = BandMatching.order(of: sources(found), as: sources(bands))
        ?? BandMatching.places(of: wanted, among: found.map(\.name))
    else {
      throw .otherBandsOfChips(
        folder: dataset.folder, bands: found.map(\.name), wanted: wanted)
    }
    for (wanted, channel) in zip(bands, channels) {
      let band = found[channel]
      guard band.scale == wanted.scale && band.offset == wanted.offset else {
        throw .otherUnitsOfChips(
          folder: dataset.folder, band: band.name, found: meaning(band.scale, band.offset),
          wanted: meaning(wanted.scale, wanted.offset))
      }
    }
    return channels
  }

  private static func meaning(_ scale: Double, _ offset: Double) -> String {
    "value · \(scale)" + (offset == 0 ? "" : offset < 0 ? " − \(-offset)" : " + \(offset)")
  }
}
