// SatMAE++: single images to a prediction at the base scale and images at larger ones, and back to
// gradients. Not here: parameters, which the caller owns, encoder, decoder and convolutions, and
// what a step does with the gradient.

import Basics
import MAE
import MaskedAutoencoding
import Objectives
import Tensors
import VisionTransformer

/// SatMAE++ (Noman et al., "Rethinking transformers pre-training for multi-spectral satellite
/// imagery", 2024) of up to a number of images at a time: MAE at the smallest scale, and
/// convolutions that carry on from its prediction of all patches to twice the side, and four times.
/// Its numbers are defined, in plain PyTorch, by `scripts/golden/objectives_oracle.py`; a pixel
/// that was not measured adds nothing to any sum.
///
/// The base scale has 0.6 of the loss and the larger ones 0.4 where everything was measured. The
/// sum is divided by the hidden pixels that were measured, while a larger scale's counts by all
/// that are hidden: the fewer of the hidden pixels were measured, the more a larger scale's errors,
/// at hidden and visible pixels, weigh beside the base's.
///
/// Memory and bits are as of `MaskedAutoencoder`.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
package final class SatMAEppNetwork: PretrainingObjective, @unchecked Sendable {
  /// MAE's share of the loss; the rest is the larger scales', in equal parts.
  private static let baseShare = 0.6

  /// Is told where the time of a step goes, if there is one.
  package var stopwatch: StepStopwatch? {
    get { autoencoder.stopwatch }
    set { autoencoder.stopwatch = newValue }
  }
  private let autoencoder: MaskedAutoencoder
  private let heads: UpsamplingHeads
  private let loss: HiddenPixelLoss
  private let scaleLosses: [ScaleLoss]
  /// (capacity): all images lie alike.
  private let boxes: [FrameBox]
  /// (count): of each image the larger scales' errors, weighted as `largerError` is.
  private var largerErrors: [Double] = []
  /// The batch of the last forward.
  private var lastBatch: MultiScaleBatch?

  /// - Parameters:
  ///   - path: how to compute products, which chooses no bit; nil for the fastest way.
  ///   - windowFloats: of a band of an image at most, which chooses bits; nil for what runs have.
  /// - Precondition: the configuration is valid and has upsamplings; `capacity` is positive.
  package init(
    configuration: ModelConfiguration, capacity: Int, pool: ThreadPool, path: ProductPath? = nil,
    windowFloats: Int? = nil
  ) {
    precondition(configuration.upsamplings > 0)
    autoencoder = MaskedAutoencoder(
      configuration: configuration, capacity: capacity, imagesPerSequence: 1, pool: pool, path: path
    )
    heads = UpsamplingHeads(
      configuration, autoencoder.layout, capacity: capacity, pool: pool,
      windowFloats: windowFloats ?? ImageBands.windowFloats)
    loss = HiddenPixelLoss(configuration: configuration, capacity: capacity, pool: pool)
    scaleLosses = (1...configuration.upsamplings).map { doublings in
      ScaleLoss(
        configuration.patchGrid(doublings: doublings),
        normalizes: configuration.normalizesPatches, capacity: capacity, pool: pool)
    }
    boxes = Array(repeating: .alone, count: capacity)
  }

  /// What model it is.
  package var configuration: ModelConfiguration { autoencoder.configuration }
  /// Every trainable tensor and its place.
  package var layout: ParameterLayout { autoencoder.layout }
  /// `ObjectiveMeasures.satMAEpp`.
  package var measures: ObjectiveMeasures { .satMAEpp }

  /// Runs the network on a prepared batch.
  ///
  /// Until the next forward, the accessors tell of this batch.
  /// - Precondition: the batch has the network's configuration, is prepared and fits; `parameters`
  ///   has the layout of the configuration.
  package func forward(parameters: FloatBuffer, batch: MultiScaleBatch) -> LossSums {
    precondition(batch.count > 0 && batch.count <= autoencoder.capacity, "no prepared batch")
    lastBatch = batch
    let images = batch.base.images
    autoencoder.forward(
      parameters: parameters, images: images, boxes: Array(boxes.prefix(batch.count)),
      mostVisible: images.visibleCounts[0])
    heads.forward(parameters, predictions: autoencoder.predictions, count: batch.count)
    stopwatch?.lap(.convolutions)
    defer { stopwatch?.lap(.objective) }
    let base = loss.measure(images, predictions: autoencoder.predictions)
    largerErrors = sumScales(of: batch) {
      $0.measure(batch, scale: $1, made: heads.stages[$1].image)
    }
    return sums(base, of: batch)
  }

  /// `forward` with the measures of an evaluation: the model's losses, which come first in
  /// training, too, beside those of patch means.
  package func evaluate(parameters: FloatBuffer, batch: MultiScaleBatch) -> LossSums {
    var sums = forward(parameters: parameters, batch: batch)
    let means = loss.measurePatchMeans(batch.base.images).plain
    let larger = sumScales(of: batch) { $0.measurePatchMeans(batch, scale: $1) }.reduce(0, +)
    sums.measures = [
      sums.measures[0], sums.measures[1],
      Self.baseShare * means + (1 - Self.baseShare) * larger, means,
    ]
    return sums
  }

  /// Writes the gradient of `scale` · (sum of the last forward) to all of `gradient`. That of slot
  /// 1 of both image embeddings is 0.
  /// - Precondition: the last call was `forward` with this batch.
  package func backward(
    parameters: FloatBuffer, batch: MultiScaleBatch, gradient: FloatBuffer, scale: Float,
    onFinal: (_ lowerBound: Int) -> Void = { _ in }
  ) {
    precondition(lastBatch === batch, "backward without its forward")
    stopwatch?.begin()
    let images = batch.base.images
    loss.differentiate(
      images, predictions: autoencoder.predictions, scale: scale * Float(Self.baseShare),
      into: autoencoder.predictionGradients)
    for (index, scaleLoss) in scaleLosses.enumerated() {
      let stage = heads.stages[index]
      scaleLoss.differentiate(
        batch, scale: index, made: stage.image,
        factor: scale * Float((1 - Self.baseShare) * weight(ofScale: index, batch)),
        into: stage.imageGradient)
    }
    stopwatch?.lap(.objective)
    heads.backward(
      parameters, predictions: autoencoder.predictions,
      predictionGradients: autoencoder.predictionGradients, gradient: gradient, onFinal: onFinal)
    stopwatch?.lap(.convolutions)
    autoencoder.backward(
      parameters: parameters, images: images, of: .ofAll, gradient: gradient, onFinal: onFinal)
    lastBatch = nil
  }

  /// What a pixel's error counts at a larger scale, so that the sum over all of an image's is the
  /// mean error times its hidden pixels at the base scale. Both are counted as if everything was
  /// measured; see the network's comment.
  private func weight(ofScale scale: Int, _ batch: MultiScaleBatch) -> Double {
    let patches = configuration.patchesPerImage
    let hidden = patches - batch.base.images.visibleCounts[0]
    let pixels = 1 << (2 * (scale + 1))
    return Double(hidden) / Double(patches * pixels * scaleLosses.count)
  }

  private func sumScales(
    of batch: MultiScaleBatch, _ measure: (ScaleLoss, _ scale: Int) -> [Double]
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: batch.count)
    for (scale, scaleLoss) in scaleLosses.enumerated() {
      let weight = weight(ofScale: scale, batch)
      for (index, sum) in measure(scaleLoss, scale).enumerated() { sums[index] += weight * sum }
    }
    return sums
  }

  private func sums(_ base: HiddenSums, of batch: MultiScaleBatch) -> LossSums {
    let larger = largerErrors.reduce(0, +)
    return LossSums(
      weighted: Self.baseShare * base.plain + (1 - Self.baseShare) * larger, hidden: base.hidden,
      pairs: batch.count,
      measures: [base.plain, larger, Double(batch.base.maskRatio) * Double(batch.count)])
  }
}

/// Copies of what the last forward left behind, for those who want to look.
extension SatMAEppNetwork {
  /// (L, P): the prediction for an image at the base scale in target space, patch by patch, values
  /// ordered (row, column, channel).
  package func prediction(image: Int) -> [Float] {
    precondition(image >= 0 && image < autoencoder.images)
    let values = configuration.valuesPerImage
    return Array(autoencoder.predictions[image * values..<(image + 1) * values])
  }

  /// (C, S, S): the image made at a larger scale, in target space; scale 0 is twice the base.
  package func made(image: Int, scale: Int) -> [Float] {
    precondition(image >= 0 && image < autoencoder.images)
    let grid = configuration.patchGrid(doublings: scale + 1)
    let rows = heads.stages[scale].image.pointer + image * grid.valueCount
    return (0..<grid.valueCount).map { place in
      let (channel, pixel) = place.quotientAndRemainder(dividingBy: grid.pixelCount)
      return rows[pixel * grid.channels + channel]
    }
  }

  /// What an image came to, per hidden pixel.
  package func loss(ofImage image: Int) -> Double {
    precondition(image >= 0 && image < autoencoder.images)
    let base = loss.sums[image]
    let sum = Self.baseShare * base.plain + (1 - Self.baseShare) * largerErrors[image]
    return base.hidden > 0 ? sum / Double(base.hidden) : 0
  }
}
