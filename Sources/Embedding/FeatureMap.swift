// Features of a scene on a grid: a vector for each patch of it, in blocks, in bounded memory.
//
//   let reader = try SceneEncoding.open(recipe, reading: options, bands: trained.bands)
//   let source = FeatureSource.tokens(of: trained, pool: pool)      // or any function of images
//   let map = try FeatureMap(
//     reader, by: source, normalization: trained.normalization,
//     patchPixels: try PatchSize.pixels(ground: PatchSize.ground(ofTraining: trained), in: reader),
//     pool: pool)
//   for block in map.blocks where isWanted(block) {                 // any blocks, in any order
//     let features = try map.compute(block)                         // vectors and their validity
//   }
//
// `SceneEncoding.scenes` finds what a user names, with the bands of a run by
// name. `map.grid` and `map.reference` say where a patch lies on the scene's map;
// `map.blocks(touching:)` finds the blocks of some patches. Not here: files (`MapWriting`,
// `ChipTable`).

import Basics
import Imagery
import Maps
import Scenes
import Tensors

/// Some patches of a map that are computed together: every patch lies in one block.
package struct FeatureBlock: Sendable {
  /// Its place among the blocks, which are numbered row by row.
  package let number: Int
  /// Crops along each axis.
  let rowCrops: ArraySlice<AxisCrop>
  let columnCrops: ArraySlice<AxisCrop>

  /// Rows of patches.
  package var rows: Range<Int> {
    rowCrops[rowCrops.startIndex].kept.lowerBound..<rowCrops[rowCrops.endIndex - 1].kept.upperBound
  }
  /// Columns of patches.
  package var columns: Range<Int> {
    columnCrops[columnCrops.startIndex].kept
      .lowerBound..<columnCrops[columnCrops.endIndex - 1].kept.upperBound
  }
  /// Patches.
  package var count: Int { rows.count * columns.count }
}

/// The vectors of a block.
package struct BlockFeatures {
  package let block: FeatureBlock
  /// (rows, columns, D); 0 where invalid.
  package let values: FloatBuffer
  /// (rows, columns): 1 where at least half of the patch is valid, else 0.
  package let validity: [UInt8]
}

/// A grid of features over a scene. One thread at a time; works on the pool's.
///
/// The scene is resized as a whole to the model's pixels, of which images are windows that overlap
/// by half (`CropPlan`). The numbers depend on neither the blocks nor the threads.
package final class FeatureMap {
  /// One pixel a patch, from the scene's upper left corner; the last ones are there where at least
  /// half of them lies in the scene.
  package let grid: RasterGrid
  package let reference: SpatialReference
  /// In rows; together they are the map.
  package let blocks: [FeatureBlock]
  package let source: FeatureSource
  /// Pixels of the scene along a side of a patch.
  package let patchPixels: Double
  /// Blocks in a row of them.
  package let blocksPerRow: Int
  private let images: SceneImages
  private let pool: ThreadPool

  /// Patches along a side of a block, about.
  private static let blockSide = 64
  /// Bytes that the pixels of a block may take, as the model sees them and as they are read.
  private static let blockBytes = 128 << 20
  /// A single image may take more, up to this.
  private static let largestImageBytes = 1 << 30

  /// - Parameters:
  ///   - reader: its bands are the model's channels, in their order.
  ///   - patchPixels: pixels of the scene along a side of a patch.
  /// - Throws: `EmbeddingError` where the sizes do not go together.
  /// - Precondition: the reader, the source and the normalization have the same bands.
  package init(
    _ reader: SceneReader, by source: FeatureSource, normalization: Normalization,
    patchPixels: Double, pool: ThreadPool
  ) throws {
    precondition(source.patches.channels == reader.bandCount)
    self.source = source
    self.patchPixels = patchPixels
    self.pool = pool
    reference = reader.reference
    grid = try Self.grid(over: reader, patchPixels: patchPixels)
    let scale = patchPixels / Double(source.patches.patchSide)
    images = SceneImages(reader, scale: scale, normalization: normalization, pool: pool)
    let rows = CropPlan.crops(length: grid.height, side: source.patches.side)
    let columns = CropPlan.crops(length: grid.width, side: source.patches.side)
    let size = try Self.cropsPerBlock(reader, source, scale: scale)
    let columnGroups = CropPlan.groups(columns, size: size)
    blocksPerRow = columnGroups.count
    let pairs = CropPlan.groups(rows, size: size).flatMap { row in
      columnGroups.map { (row, $0) }
    }
    blocks = pairs.enumerated().map {
      FeatureBlock(number: $0, rowCrops: $1.0, columnCrops: $1.1)
    }
  }

  /// D: values of a vector.
  package var dimensions: Int { source.dimensions }

  private static func grid(over reader: SceneReader, patchPixels: Double) throws -> RasterGrid {
    func count(_ pixels: Int) -> Double { max(1, (Double(pixels) / patchPixels).rounded()) }
    let (width, height) = (count(reader.grid.width), count(reader.grid.height))
    guard width < Double(Int32.max) && height < Double(Int32.max) else {
      throw EmbeddingError.mapTooLarge(scene: reader.recipe.source, width: width, height: height)
    }
    var transform = reader.grid.transform
    transform.columnX *= patchPixels
    transform.rowY *= patchPixels
    return RasterGrid(width: Int(width), height: Int(height), transform: transform)
  }

  /// Crops along a side of a block.
  private static func cropsPerBlock(
    _ reader: SceneReader, _ source: FeatureSource, scale: Double
  ) throws -> Int {
    let side = source.patches.side
    let step = max(1, side / 2)
    func bytes(_ crops: Int) -> Int {
      let model = Double((side + (crops - 1) * step) * source.patches.patchSide)
      let floats = model * model + model * scale * model * scale
      return Int(min(floats, 1e15)) * reader.bandCount * MemoryLayout<Float>.size
    }
    guard bytes(1) <= largestImageBytes else {
      throw EmbeddingError.cropTooLarge(scene: reader.recipe.source, bytes: bytes(1))
    }
    var crops = max(1, (blockSide + step - 1) / step)
    while crops > 1 && bytes(crops) > blockBytes { crops -= 1 }
    return crops
  }

  /// The blocks that hold any of some patches, in their order; patches beyond the map are in none.
  /// - Parameter patches: columns and rows of the map.
  package func blocks(touching patches: [(column: Int, row: Int)]) -> [FeatureBlock] {
    blocks.filter { block in
      patches.contains { block.columns.contains($0.column) && block.rows.contains($0.row) }
    }
  }

  /// Computes a block.
  /// - Throws: `SceneError`.
  package func compute(_ block: FeatureBlock) throws -> BlockFeatures {
    let (side, patchSide) = (source.patches.side, source.patches.patchSide)
    func pixels(_ crops: ArraySlice<AxisCrop>) -> Range<Int> {
      let (first, last) = (crops[crops.startIndex], crops[crops.endIndex - 1])
      return first.start * patchSide..<(last.start + side) * patchSide
    }
    let (rows, columns) = (pixels(block.rowCrops), pixels(block.columnCrops))
    let window = try images.load(rows: rows, columns: columns)
    let validity = self.validity(of: block, window, (rows.lowerBound, columns.lowerBound))
    let values = FloatBuffer(count: block.count * dimensions)
    let crops = block.rowCrops.flatMap { row in block.columnCrops.map { (row: row, column: $0) } }
      .filter { crop in
        crop.row.kept.contains { row in
          crop.column.kept.contains { column in
            validity[Self.index(of: (row, column), in: block)] == 1
          }
        }
      }
    let room = FloatBuffer(
      count: min(source.capacity, max(1, crops.count)) * source.patches.valueCount)
    for first in stride(from: 0, to: crops.count, by: source.capacity) {
      let batch = Array(crops[first..<min(first + source.capacity, crops.count)])
      pool.forEach(batch.count) { index in
        let corner = (
          row: batch[index].row.start * patchSide - rows.lowerBound,
          column: batch[index].column.start * patchSide - columns.lowerBound
        )
        copy(window, from: corner, into: room.pointer + index * source.patches.valueCount)
      }
      let result = source.compute(UnsafePointer(room.pointer), batch.count)
      for (image, crop) in batch.enumerated() {
        for row in crop.row.kept {
          for column in crop.column.kept {
            let place = Self.index(of: (row, column), in: block)
            if validity[place] == 0 { continue }
            let patch = (row - crop.row.start) * side + column - crop.column.start
            (values.pointer + place * dimensions).update(
              from: result.row(source.row(ofPatch: patch, image: image)), count: dimensions)
          }
        }
      }
    }
    return BlockFeatures(block: block, values: values, validity: validity)
  }

  /// The place of a patch of the map among those of a block.
  private static func index(of patch: (row: Int, column: Int), in block: FeatureBlock) -> Int {
    (patch.row - block.rows.lowerBound) * block.columns.count + patch.column
      - block.columns.lowerBound
  }

  /// (rows, columns) of a block: 1 where at least half of a patch's pixels are valid.
  private func validity(
    of block: FeatureBlock, _ window: SceneImages.Window, _ corner: (row: Int, column: Int)
  ) -> [UInt8] {
    let patchSide = source.patches.patchSide
    var result = [UInt8](repeating: 0, count: block.count)
    for row in block.rows {
      for column in block.columns {
        var valid = 0
        for y in 0..<patchSide {
          let start =
            (row * patchSide - corner.row + y) * window.width + column * patchSide - corner.column
          for x in 0..<patchSide { valid += Int(window.validity[start + x]) }
        }
        if 2 * valid >= patchSide * patchSide {
          result[Self.index(of: (row, column), in: block)] = 1
        }
      }
    }
    return result
  }

  /// One image of a window, (C, H, W).
  private func copy(
    _ window: SceneImages.Window, from corner: (row: Int, column: Int),
    into image: UnsafeMutablePointer<Float>
  ) {
    let imageSide = source.patches.imageSide
    for band in 0..<source.patches.channels {
      let plane = window.pixels.pointer + band * window.width * window.height
      for y in 0..<imageSide {
        (image + (band * imageSide + y) * imageSide).update(
          from: plane + (corner.row + y) * window.width + corner.column, count: imageSide)
      }
    }
  }
}
