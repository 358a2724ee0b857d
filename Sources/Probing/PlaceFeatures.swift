// The features of labelled patches. Of a scene with few of them, few images are computed.

import Basics
import Embedding
import Imagery
import LinearAlgebra
import Scenes

/// What computes the features of patches.
struct PlaceFeatures {
  let scenes: ProbeScenes
  let source: FeatureSource
  let normalization: Normalization
  let pool: ThreadPool

  /// - Parameter progress: told of places that are done.
  /// - Returns: a row for each place that has data, and the numbers of these places.
  /// - Throws: `SceneError`, `EmbeddingError`.
  func features(
    of places: [ProbePlace], _ progress: ProbeProgress
  ) throws -> (values: DoubleMatrix, places: [Int]) {
    var rows = [Int: [Float]]()
    var done = 0
    func tell() { progress.tell("Features", done, of: places.count, "places") }
    tell()
    let byScene = Dictionary(grouping: places.indices) { places[$0].scene }
    for (scene, mine) in byScene.sorted(by: { $0.key < $1.key }) {
      let map = try scenes.map(of: scene, by: source, normalization: normalization, pool: pool)
      let numbers = Dictionary(
        uniqueKeysWithValues: mine.map { (map.grid.index(of: places[$0].patch), $0) })
      let blocks = map.blocks.touching(
        mine.map { (places[$0].patch.column, places[$0].patch.row) })
      for block in blocks {
        done += try compute(block, of: map, numbers, into: &rows)
        tell()
      }
    }
    let kept = rows.keys.sorted()
    var values: [Double] = []
    values.reserveCapacity(kept.count * source.dimensions)
    for place in kept { values += (rows[place] ?? []).map(Double.init) }
    return (DoubleMatrix(rows: kept.count, columns: source.dimensions, values: values), kept)
  }

  /// - Parameter numbers: of places by their patches, which are counted row by row.
  /// - Returns: how many places are in the block.
  private func compute(
    _ block: FeatureBlock, of map: FeatureMap, _ numbers: [Int: Int],
    into rows: inout [Int: [Float]]
  ) throws -> Int {
    var count = 0
    let width = map.grid.width
    let found = try map.compute(block) { row, column in numbers[row * width + column] != nil }
    for row in block.rows {
      for column in block.columns {
        let index = block.index(row: row, column: column)
        guard let place = numbers[row * width + column] else { continue }
        count += 1
        guard found.validity[index] == 1 else { continue }
        let values = found.values.pointer + index * source.dimensions
        rows[place] = (0..<source.dimensions).map { values[$0] }
      }
    }
    return count
  }
}

extension RasterGrid {
  /// A patch's number, row by row.
  fileprivate func index(of patch: LabelledPatch) -> Int { patch.row * width + patch.column }
}
