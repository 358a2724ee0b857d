// One image of a pair, its neighbour, and what is known about both: what the pixel objective reads.

import Basics
import VisionTransformer

/// Addresses into a batch; valid while the batch is neither refilled nor freed.
struct ImageInPair {
  let configuration: ModelConfiguration
  let grid: PatchGrid
  let box: FrameBox
  let otherBox: FrameBox
  let pixels: UnsafePointer<Float>  // (C, H, W)
  let otherPixels: UnsafePointer<Float>  // (C, H, W)
  let validity: UnsafePointer<UInt8>  // (H, W)
  let otherValidity: UnsafePointer<UInt8>  // (H, W)
  let visible: UnsafePointer<UInt8>  // (L)
  let otherVisible: UnsafePointer<UInt8>  // (L)

  /// Image `index` of a batch, counted through pairs: 2 · pair + image.
  init(_ index: Int, of batch: PairBatch) {
    let configuration = batch.configuration
    let other = index ^ 1
    let grid = configuration.patchGrid
    self.configuration = configuration
    self.grid = grid
    box = batch.boxes[index]
    otherBox = batch.boxes[other]
    pixels = UnsafePointer(batch.pixels.pointer + index * grid.valueCount)
    otherPixels = UnsafePointer(batch.pixels.pointer + other * grid.valueCount)
    validity = UnsafePointer(batch.validity.pointer + index * grid.pixelCount)
    otherValidity = UnsafePointer(batch.validity.pointer + other * grid.pixelCount)
    visible = UnsafePointer(batch.visiblePatches.pointer + index * grid.patchCount)
    otherVisible = UnsafePointer(batch.visiblePatches.pointer + other * grid.patchCount)
  }

  /// The values of one patch, ordered (row, column, channel): `patchify` of the oracle.
  func copyPatch(_ patch: Int, into values: UnsafeMutablePointer<Float>) {
    grid.copyPatch(patch, of: pixels, into: values)
  }
}
