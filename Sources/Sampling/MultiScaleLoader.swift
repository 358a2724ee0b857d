// Microbatches of single images at several scales: the crop that MAE would see, at the largest
// side.

import Basics
import Imagery
import MaskedAutoencoding
import SatMAEpp

/// Loads single images for SatMAE++; its batch makes the smaller scales.
package final class MultiScaleLoader: MicrobatchLoader {
  private let crops: AnchorCrops
  package let batch: MultiScaleBatch

  /// - Parameter capacity: images in a microbatch at most.
  package init(_ source: ChipSource, model: ModelConfiguration, capacity: Int) {
    batch = MultiScaleBatch(configuration: model, capacity: capacity)
    crops = AnchorCrops(source, side: batch.largestGrid.imageSide)
  }

  package var capacity: Int { batch.base.images.capacity }

  /// The share that is hidden is the lower one of the draw's bounds.
  package func load(_ draw: MicrobatchDraw) throws {
    let order = try crops.load(draw, patches: batch.configuration.patchesPerImage) { image in
      (batch.largestPixels(image: image), batch.largestValidity(image: image))
    }
    try batch.prepare(
      count: draw.anchors.count, order: order, maskRatio: draw.bounds.minimum)
  }
}
