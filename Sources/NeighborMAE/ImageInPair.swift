// One image of a pair beside the other, with where both lie: what the pixel objective reads.

import Basics
import MaskedAutoencoding
import VisionTransformer

/// Addresses into a batch; valid while the batch is neither refilled nor freed.
struct ImageInPair {
  let image: MaskedImage
  let other: MaskedImage
  let box: FrameBox
  let otherBox: FrameBox

  /// Image `index` of a batch, counted through pairs: 2 · pair + image.
  init(_ index: Int, of batch: PairBatch) {
    image = batch.images[index]
    other = batch.images[index ^ 1]
    box = batch.boxes[index]
    otherBox = batch.boxes[index ^ 1]
  }

  var grid: PatchGrid { image.grid }
}
