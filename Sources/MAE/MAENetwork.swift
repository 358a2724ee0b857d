// MAE: single images to predictions and sums, and back to gradients. Not here: parameters, which
// the caller owns, encoder and decoder, and what a step does with the gradient.

import Basics
import MaskedAutoencoding
import Objectives
import Tensors
import VisionTransformer

/// A masked autoencoder (He et al., "Masked autoencoders are scalable vision learners", 2022) of up
/// to a number of single images at a time: `forward`, and after it `backward` if wanted. Its
/// tensors are those of NeighborMAE; it sees each image alone in its frame, in slot 0 of the image
/// embeddings. Its numbers are defined, in plain PyTorch, by `scripts/golden/objectives_oracle.py`.
///
/// Memory and bits are as of `MaskedAutoencoder`.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
package final class MAENetwork: PretrainingObjective, @unchecked Sendable {
  /// Is told where the time of a step goes, if there is one.
  package var stopwatch: StepStopwatch? {
    get { autoencoder.stopwatch }
    set { autoencoder.stopwatch = newValue }
  }
  private let autoencoder: MaskedAutoencoder
  private let loss: HiddenPixelLoss
  /// (capacity): all images lie alike.
  private let boxes: [FrameBox]
  /// The batch of the last forward.
  private var lastBatch: ImageBatch?

  /// - Parameter path: how to compute products, which chooses no bit; nil for the fastest way.
  /// - Precondition: the configuration is valid, `capacity` positive.
  package init(
    configuration: ModelConfiguration, capacity: Int, pool: ThreadPool, path: ProductPath? = nil
  ) {
    autoencoder = MaskedAutoencoder(
      configuration: configuration, capacity: capacity, imagesPerSequence: 1, pool: pool, path: path
    )
    loss = HiddenPixelLoss(configuration: configuration, capacity: capacity, pool: pool)
    boxes = Array(repeating: .alone, count: capacity)
  }

  /// What model it is.
  package var configuration: ModelConfiguration { autoencoder.configuration }
  /// Every trainable tensor and its place.
  package var layout: ParameterLayout { autoencoder.layout }
  /// `ObjectiveMeasures.mae`.
  package var measures: ObjectiveMeasures { .mae }

  /// Runs the network on a prepared batch.
  ///
  /// Until the next forward, `prediction` and `loss` tell of this batch.
  /// - Precondition: the batch has the network's configuration, is prepared and fits; `parameters`
  ///   has the layout of the configuration.
  package func forward(parameters: FloatBuffer, batch: ImageBatch) -> LossSums {
    precondition(batch.count > 0 && batch.count <= autoencoder.capacity, "no prepared batch")
    lastBatch = batch
    autoencoder.forward(
      parameters: parameters, images: batch.images, boxes: Array(boxes.prefix(batch.count)),
      mostVisible: batch.images.visibleCounts[0])
    defer { stopwatch?.lap(.objective) }
    let sums = loss.measure(batch.images, predictions: autoencoder.predictions)
    return LossSums(sums, of: batch, measures: [Double(batch.maskRatio) * Double(batch.count)])
  }

  /// `forward` with the measures of an evaluation: the model's loss beside that of patch means.
  package func evaluate(parameters: FloatBuffer, batch: ImageBatch) -> LossSums {
    var sums = forward(parameters: parameters, batch: batch)
    sums.measures = [loss.measurePatchMeans(batch.images).plain]
    return sums
  }

  /// Writes the gradient of `scale` · (sum of the last forward) to all of `gradient`. That of slot
  /// 1 of both image embeddings is 0.
  /// - Precondition: the last call was `forward` with this batch.
  package func backward(
    parameters: FloatBuffer, batch: ImageBatch, gradient: FloatBuffer, scale: Float,
    onFinal: (_ lowerBound: Int) -> Void = { _ in }
  ) {
    precondition(lastBatch === batch, "backward without its forward")
    stopwatch?.begin()
    loss.differentiate(
      batch.images, predictions: autoencoder.predictions, scale: scale,
      into: autoencoder.predictionGradients)
    stopwatch?.lap(.objective)
    autoencoder.backward(
      parameters: parameters, images: batch.images, of: .ofHidden, gradient: gradient,
      onFinal: onFinal)
    lastBatch = nil
  }
}

/// Copies of what the last forward left behind, for those who want to look.
extension MAENetwork {
  /// (L, P): the prediction for an image in target space, patch by patch, values ordered (row,
  /// column, channel).
  package func prediction(image: Int) -> [Float] {
    precondition(image >= 0 && image < autoencoder.images)
    let values = configuration.valuesPerImage
    return Array(autoencoder.predictions[image * values..<(image + 1) * values])
  }

  /// What an image came to, per hidden pixel.
  package func loss(ofImage image: Int) -> Double {
    precondition(image >= 0 && image < autoencoder.images)
    let sums = loss.sums[image]
    return sums.hidden > 0 ? sums.plain / Double(sums.hidden) : 0
  }
}
