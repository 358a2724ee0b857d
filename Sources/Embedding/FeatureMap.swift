// Features of a scene on a grid: a vector for each patch of it, in blocks, in bounded memory.
//
//   let reader = try SceneEncoding.open(recipe, reading: options, bands: trained.bands)
//   let source = FeatureSource.tokens(of: trained, pool: pool)      // or any function of images
//   let map = try FeatureMap(
//     reader, by: source, normalization: trained.normalization,
//     patchPixels: try PatchSize.pixels(ground: trained.ground.patch, in: reader),
//     pool: pool)
//   for block in map.blocks where isWanted(block) {                 // any blocks, in any order
//     let features = try map.compute(block)                         // vectors and their validity
//     // or try map.compute(block) { row, column in isLabelled(row, column) }, which is quicker
//   }
//
// `SceneEncoding.scenes` finds what a user names, with the bands of a run by
// name. `map.grid` and `map.reference` say where a patch lies on the scene's map;
// `map.blocks.touching(_:)` finds the blocks of some patches. Not here: files (`MapWriting`,
// `FeatureTable`).

import Basics
import Imagery
import Kernels
import Maps
import Scenes
import Tensors

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
  /// Together they are the map.
  package let blocks: FeatureBlocks
  package let source: FeatureSource
  /// Pixels of the scene along a side of a patch.
  package let patchPixels: Double
  private let images: SceneImages
  private let pool: ThreadPool

  /// Patches along a side of a block, about. Images at its borders are seen for its neighbours
  /// again, which larger blocks have less of.
  private static let blockSide = 128
  /// Bytes that the pixels of a block may take, as the model sees them and as they are read.
  private static let blockBytes = 128 << 20
  /// A single image may take more, up to this.
  private static let largestImageBytes = 1 << 30

  /// - Parameters:
  ///   - reader: its bands are the model's channels, in their order.
  ///   - patchPixels: pixels of the scene along a side of a patch.
  ///   - seams: what becomes of patches that several images show.
  /// - Throws: `EmbeddingError` where the sizes do not go together.
  /// - Precondition: the reader, the source and the normalization have the same bands.
  package init(
    _ reader: SceneReader, by source: FeatureSource, normalization: Normalization,
    patchPixels: Double, seams: CropSeams = .blend, pool: ThreadPool
  ) throws {
    precondition(source.patches.channels == reader.bandCount)
    self.source = source
    self.patchPixels = patchPixels
    self.pool = pool
    reference = reader.reference
    grid = try Self.grid(over: reader, patchPixels: patchPixels)
    let scale = patchPixels / Double(source.patches.patchSide)
    images = SceneImages(reader, scale: scale, normalization: normalization, pool: pool)
    blocks = FeatureBlocks(
      width: grid.width, height: grid.height,
      blockSide: try Self.blockSide(reader, source, scale: scale), cropSide: source.patches.side,
      seams: seams)
  }

  /// D: values of a vector.
  package var dimensions: Int { source.dimensions }

  /// Where the patches of a scene lie.
  /// - Parameter patchPixels: pixels of the scene along a side of a patch.
  /// - Throws: `EmbeddingError.mapTooLarge`.
  package static func grid(over reader: SceneReader, patchPixels: Double) throws -> RasterGrid {
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

  /// Patches along a side of a block: whole steps of crops, as many as their pixels leave room for.
  private static func blockSide(
    _ reader: SceneReader, _ source: FeatureSource, scale: Double
  ) throws -> Int {
    let step = CropPlan.step(side: source.patches.side)
    func bytes(_ patches: Int) -> Int {
      let model = Double(patches * source.patches.patchSide)
      let floats = model * model + model * scale * model * scale
      return Int(min(floats, 1e15)) * reader.bandCount * MemoryLayout<Float>.size
    }
    let image = bytes(source.patches.side)
    guard image <= largestImageBytes else {
      throw EmbeddingError.cropTooLarge(scene: reader.recipe.source, bytes: image)
    }
    // Images reach beyond the block by less than a side, before and after.
    var side = max(step, blockSide / step * step)
    while side > step && bytes(side + 2 * source.patches.side) > blockBytes { side -= step }
    return side
  }

  /// Computes a block.
  /// - Parameter isWanted: of a row and a column of the map: images that show none of the wanted
  ///   patches are left out, and other patches' values are then undefined.
  /// - Throws: `SceneError`.
  package func compute(
    _ block: FeatureBlock, where isWanted: (_ row: Int, _ column: Int) -> Bool = { _, _ in true }
  ) throws -> BlockFeatures {
    let (side, patchSide) = (source.patches.side, source.patches.patchSide)
    func pixels(_ crops: [AxisCrop]) -> Range<Int> {
      let (first, last) = (crops[0], crops[crops.count - 1])
      return first.start * patchSide..<(last.start + side) * patchSide
    }
    let (rows, columns) = (pixels(block.rowCrops), pixels(block.columnCrops))
    let window = try images.load(rows: rows, columns: columns)
    let corner = (row: rows.lowerBound, column: columns.lowerBound)
    let validity = self.validity(of: block, window, corner)
    let wanted = block.rows.map { row in
      block.columns.map { column in
        validity[block.index(row: row, column: column)] == 1 && isWanted(row, column)
      }
    }
    let crops = block.rowCrops.flatMap { row in block.columnCrops.map { Crop(row: row, column: $0) }
    }
    .filter { crop in
      crop.rows(in: block).contains { row in
        let line = wanted[row - block.rows.lowerBound]
        return crop.columns(in: block).contains { line[$0 - block.columns.lowerBound] }
      }
    }
    let values = FloatBuffer(count: block.count * dimensions)
    let imageValues = source.patches.valueCount
    let room = FloatBuffer(count: min(source.capacity, max(1, crops.count)) * imageValues)
    for first in stride(from: 0, to: crops.count, by: source.capacity) {
      let batch = Array(crops[first..<min(first + source.capacity, crops.count)])
      pool.forEach(batch.count) { index in
        copy(
          window, from: batch[index].corner(patchSide: patchSide, in: corner),
          into: room.pointer + index * imageValues)
      }
      let result = source.compute(UnsafePointer(room.pointer), batch.count)
      for (image, crop) in batch.enumerated() {
        add(crop, of: image, in: result, to: values, block, validity)
      }
    }
    return BlockFeatures(block: block, values: values, validity: validity)
  }

  /// A crop of the map.
  private struct Crop {
    let row: AxisCrop
    let column: AxisCrop

    /// The rows of a block that it contributes to.
    func rows(in block: FeatureBlock) -> Range<Int> { row.used.clamped(to: block.rows) }
    func columns(in block: FeatureBlock) -> Range<Int> { column.used.clamped(to: block.columns) }

    /// In pixels of a window that begins there.
    func corner(patchSide: Int, in window: (row: Int, column: Int)) -> (row: Int, column: Int) {
      (row.start * patchSide - window.row, column.start * patchSide - window.column)
    }
  }

  /// Adds what a crop contributes to a block. Crops come row by row, so that every patch is the
  /// same sum whatever block it is in.
  private func add(
    _ crop: Crop, of image: Int, in result: MatrixView, to values: FloatBuffer,
    _ block: FeatureBlock, _ validity: [UInt8]
  ) {
    for row in crop.rows(in: block) {
      let rowWeight = crop.row.weights[row - crop.row.used.lowerBound]
      for column in crop.columns(in: block) {
        let place = block.index(row: row, column: column)
        if validity[place] == 0 { continue }
        let weight = rowWeight * crop.column.weights[column - crop.column.used.lowerBound]
        let patch = (row - crop.row.start) * source.patches.side + column - crop.column.start
        let token = result.row(source.row(ofPatch: patch, image: image))
        let target = values.pointer + place * dimensions
        for index in 0..<dimensions { target[index] += weight * token[index] }
      }
    }
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
          result[block.index(row: row, column: column)] = 1
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
