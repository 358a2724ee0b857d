// The scenes of a probe: their patches with labels, and the features of these. A scene is open only
// while it is worked on.

import Basics
import Embedding
import Encoders
import Imagery
import LinearAlgebra
import Maps
import Scenes

/// Scenes that are probed with one encoder.
struct ProbeScenes {
  let trained: TrainedEncoder
  let recipes: [SceneRecipe]
  let reading: ReadingOptions
  /// Metres along a side of a patch.
  let patchGround: Double
  let pool: ThreadPool

  /// The grid of features of a scene.
  /// - Throws: `SceneError`, `EmbeddingError`.
  func map(of scene: Int, by source: FeatureSource) throws -> FeatureMap {
    let reader = try SceneEncoding.open(
      recipes[scene], reading: reading, bands: trained.bands)
    return try FeatureMap(
      reader, by: source, normalization: trained.normalization,
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
  func label(from labels: ProbeLabels, by source: FeatureSource) throws -> Labelled {
    var result = Labelled()
    for scene in recipes.indices {
      let map = try map(of: scene, by: source)
      let found: [LabelledPatch]
      switch labels {
      case .layer(let layer, let needsRole):
        let labelled = try layer.patches(
          on: map.grid, in: map.reference, needsRole: needsRole)
        found = labelled.patches
        result.features.formUnion(labelled.features)
        result.contradictions += labelled.contradictions
      case .raster(let raster): found = try raster.patches(on: map.grid, in: map.reference)
      }
      let middles = found.map {
        map.grid.transform.apply(Double($0.column) + 0.5, Double($0.row) + 0.5)
      }
      guard let globe = SpatialReference.wgs84(),
        let way = MapTransform(from: map.reference, to: globe)
      else { throw LabelError.noSystem(path: recipes[scene].source) }
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

  /// The features of places.
  /// - Parameter advance: told of blocks of patches that are done.
  /// - Returns: a row for each place that has data, and the numbers of these places.
  /// - Throws: `SceneError`, `EmbeddingError`.
  func features(
    of places: [ProbePlace], by source: FeatureSource, advance: (_ text: String) -> Void
  ) throws -> (values: DoubleMatrix, places: [Int]) {
    let dimensions = source.dimensions
    var rows = [Int: [Float]]()
    for scene in recipes.indices {
      let mine = places.indices.filter { places[$0].scene == scene }
      if mine.isEmpty { continue }
      let map = try map(of: scene, by: source)
      let blocks = map.blocks(
        touching: mine.map { (places[$0].patch.column, places[$0].patch.row) })
      for (done, block) in blocks.enumerated() {
        let found = try map.compute(block)
        for place in mine {
          let patch = places[place].patch
          guard block.columns.contains(patch.column), block.rows.contains(patch.row) else {
            continue
          }
          let index = block.index(row: patch.row, column: patch.column)
          if found.validity[index] == 0 { continue }
          let values = found.values.pointer + index * dimensions
          rows[place] = (0..<dimensions).map { values[$0] }
        }
        advance(
          "features: scene \(scene + 1) of \(recipes.count), block \(done + 1) of \(blocks.count)")
      }
    }
    let kept = rows.keys.sorted()
    var values: [Double] = []
    values.reserveCapacity(kept.count * dimensions)
    for place in kept { values += (rows[place] ?? []).map(Double.init) }
    return (DoubleMatrix(rows: kept.count, columns: dimensions, values: values), kept)
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
