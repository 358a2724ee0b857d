// Microbatches of single images: a crop of each anchor, and which patches stay visible.

import Basics
import Imagery
import MAE
import MaskedAutoencoding

/// Loads single images: what a pair would begin with, and no neighbour.
package final class ImageLoader: MicrobatchLoader {
  private let crops: AnchorCrops
  package let batch: ImageBatch

  /// - Parameter capacity: images in a microbatch at most.
  package init(_ source: ChipSource, model: ModelConfiguration, capacity: Int) {
    crops = AnchorCrops(source, side: model.imageSide)
    batch = ImageBatch(configuration: model, capacity: capacity)
  }

  package var capacity: Int { batch.images.capacity }

  /// The share that is hidden is the lower one of the draw's bounds: that of a pair that does not
  /// overlap.
  package func load(_ draw: MicrobatchDraw) throws {
    let (images, model) = (batch.images, batch.configuration)
    let order = try crops.load(draw, patches: model.patchesPerImage) { index in
      (
        images.pixels.pointer + index * model.valuesPerImage,
        images.validity.pointer + index * model.pixelsPerImage
      )
    }
    try batch.prepare(
      count: draw.anchors.count, order: order, maskRatio: draw.bounds.minimum)
  }
}
