// The map that a probe gives for a scene: the class or the number of every patch.

import Basics
import Embedding
import Encoders
import Imagery
import LinearAlgebra
import Maps
import Scenes

/// What a probe makes of each patch of a scene.
package struct ProbedMap {
  /// A pixel is a patch.
  package let grid: RasterGrid
  package let reference: SpatialReference
  /// (height, width): a class, or a number; NaN where the scene has no data.
  package let values: [Float]

  /// Patches of a map, at most: they are held in memory.
  static let largest = 1 << 28
}

extension ProbeOutcome {
  /// The scene with the most labelled places, the first of several.
  package var sceneOfMostPlaces: Int {
    var counts: [Int: Int] = [:]
    for place in places { counts[place.scene, default: 0] += 1 }
    return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? 0
  }
}

extension ProbeRun {
  /// Fits a method to all labelled places and maps a scene with it.
  /// - Parameters:
  ///   - result: of the method on the encoder's own features; what it chose is taken.
  ///   - scene: the number of the scene.
  /// - Throws: `SceneError`, `EmbeddingError`, `LinearAlgebraError`, `ProbeError`.
  package func map(_ result: ProbeResult, of outcome: ProbeOutcome, scene: Int) throws -> ProbedMap
  {
    let own = outcome.features[0]
    let model = try result.method.fitToAll(
      own.values, outcome.target, choice: result.middleChoice, seed: request.seed)
    let source = FeatureSource.tokens(of: trained, pool: pool)
    let map = try survey.scenes.map(
      of: scene, by: source, normalization: trained.normalization, pool: pool)
    let (width, height) = (map.grid.width, map.grid.height)
    guard width <= ProbedMap.largest / height else {
      throw ProbeError.mapTooLarge(width: width, height: height)
    }
    var values = [Float](repeating: .nan, count: width * height)
    for (done, block) in map.blocks.enumerated() {
      let found = try map.compute(block)
      let valid = found.validity.indices.filter { found.validity[$0] == 1 }
      var features = DoubleMatrix(rows: valid.count, columns: source.dimensions)
      for (row, index) in valid.enumerated() {
        for column in 0..<source.dimensions {
          features[row, column] = Double(
            found.values.pointer[index * source.dimensions + column])
        }
      }
      let predictions =
        switch outcome.target {
        case .classes: model.classes(features).map(Float.init)
        case .numbers: model.numbers(features).map { Float($0) }
        }
      for (index, prediction) in zip(valid, predictions) {
        let row = block.rows.lowerBound + index / block.columns.count
        let column = block.columns.lowerBound + index % block.columns.count
        values[row * width + column] = prediction
      }
      progress.tell("Map", map.blocks.patches(ofFirst: done + 1), of: width * height, "patches")
    }
    return ProbedMap(grid: map.grid, reference: map.reference, values: values)
  }
}
