// The scenes of a probe, and their patches with labels. A scene is open only while it is worked on.
// Features of the patches are in PlaceFeatures.swift.

import Basics
import Embedding
import Imagery
import Maps
import Scenes

/// A scene, and how it is read.
package struct ProbedScene: Sendable {
  package let recipe: SceneRecipe
  package let reading: ReadingOptions

  package init(_ recipe: SceneRecipe, reading: ReadingOptions) {
    self.recipe = recipe
    self.reading = reading
  }
}

/// Scenes in patches of one size on the ground, with the bands of a run.
struct ProbeScenes {
  let scenes: [ProbedScene]
  let bands: [BandDescription]
  /// Metres along a side of a patch.
  let patchGround: Double

  /// Opens a scene with the run's bands.
  /// - Throws: `SceneError`, `EmbeddingError`.
  func reader(of scene: Int) throws -> SceneReader {
    try SceneEncoding.open(
      scenes[scene].recipe, reading: scenes[scene].reading, bands: bands)
  }

  /// The grid of features of a scene.
  /// - Throws: `SceneError`, `EmbeddingError`.
  func map(
    of scene: Int, by source: FeatureSource, normalization: Normalization, pool: ThreadPool
  ) throws -> FeatureMap {
    let reader = try reader(of: scene)
    return try FeatureMap(
      reader, by: source, normalization: normalization,
      patchPixels: try PatchSize.pixels(ground: patchGround, in: reader), pool: pool)
  }

  /// Labelled patches of all scenes.
  struct Labelled {
    var places: [ProbePlace] = []
    /// Features of a vector file that label a patch somewhere.
    var features: Set<Int> = []
    var contradictions = 0
  }

  /// - Parameter needsRole: whether features without a role label nothing.
  /// - Throws: `SceneError`, `EmbeddingError`, `LabelError`.
  func label(from labels: ProbeLabels) throws -> Labelled {
    var result = Labelled()
    for scene in scenes.indices {
      let reader = try reader(of: scene)
      let grid = try FeatureMap.grid(
        over: reader, patchPixels: try PatchSize.pixels(ground: patchGround, in: reader))
      let found: [LabelledPatch]
      switch labels {
      case .layer(let layer, let needsRole):
        let labelled = try layer.patches(
          on: grid, in: reader.reference, needsRole: needsRole)
        found = labelled.patches
        result.features.formUnion(labelled.features)
        result.contradictions += labelled.contradictions
      case .raster(let raster): found = try raster.patches(on: grid, in: reader.reference)
      }
      let middles = found.map {
        grid.transform.apply(Double($0.column) + 0.5, Double($0.row) + 0.5)
      }
      guard let globe = SpatialReference.wgs84(),
        let way = MapTransform(from: reader.reference, to: globe)
      else { throw LabelError.noSystem(path: scenes[scene].recipe.source) }
      for (patch, place) in zip(found, way.places(of: middles)) {
        guard let place else { continue }
        result.places.append(
          ProbePlace(
            scene: scene, patch: patch,
            place: GeographicPoint(longitude: place.x, latitude: place.y)))
      }
    }
    return result
  }
}

/// Where labels come from.
package enum ProbeLabels {
  case layer(LabelLayer, needsRole: Bool)
  case raster(LabelRaster)

  /// Opens a file of features, or a raster.
  /// - Parameters:
  ///   - field: with the labels, of features.
  ///   - split: the field that says train, val or test, of features.
  ///   - band: with the labels, of a raster.
  /// - Throws: `LabelError`, `SceneError`.
  package static func open(
    _ path: String, field: String?, split: String?, band: Int?
  ) throws -> ProbeLabels {
    if LabelLayer.holdsFeatures(path) {
      if band != nil { throw LabelError.bandOfFeatures(path: path) }
      let layer = try LabelLayer(path: path, field: field, split: split)
      return .layer(layer, needsRole: split != nil)
    }
    // What cannot be read at all is no raster either.
    if field != nil || split != nil { _ = try LabelRaster(path: path, band: band ?? 1) }
    if field != nil { throw LabelError.fieldOfRaster(path: path, option: "--field") }
    if split != nil { throw LabelError.fieldOfRaster(path: path, option: "--split") }
    return .raster(try LabelRaster(path: path, band: band))
  }
}
