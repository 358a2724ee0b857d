// NeighborMAE: pairs of neighbouring images to predictions, weights and sums, and back to
// gradients. Not here: parameters, which the caller owns, encoder and decoder, and what a step does
// with the gradient.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// NeighborMAE for up to a number of pairs at a time: `forward`, and after it `backward` if wanted.
/// Its numbers are defined, in plain PyTorch, by `scripts/golden/neighbormae_oracle.py`.
///
/// All memory is allocated by `init` and, for the encoder, by the first batch (its size follows
/// from the mask ratio); later steps allocate again only when bounds leave more patches visible
/// than ever before. Results have equal bits for any number of threads of the pool.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
public final class NeighborMAENetwork: @unchecked Sendable {
  /// What model it is.
  public var configuration: ModelConfiguration { autoencoder.configuration }
  /// Pairs that fit.
  public var capacity: Int { autoencoder.capacity }
  /// Every trainable tensor and its place.
  public var layout: ParameterLayout { autoencoder.layout }
  /// Is told where the time of a step goes, if there is one.
  package var stopwatch: StepStopwatch? {
    get { autoencoder.stopwatch }
    set { autoencoder.stopwatch = newValue }
  }
  private let autoencoder: MaskedAutoencoder
  private let lossWeights: LossWeights
  private let pool: ThreadPool

  var predictions: FloatBuffer { autoencoder.predictions }  // (B, 2, L, P) in target space
  let weights: FloatBuffer  // (B, 2, H, W)
  let seen: ByteBuffer  // (B, 2, H, W)
  private let patchMeans: FloatBuffer  // (B, 2, L)
  private let patchDeviations: FloatBuffer  // (B, 2, L)
  private let objectives: [PixelObjective]  // one per slot
  private(set) var pixelSums: [HiddenSums]
  /// What learns nothing, for evaluations.
  private lazy var baselines = Baselines(
    configuration: configuration, lossWeights: lossWeights, pool: pool)
  /// The batch of the last forward and its pairs.
  private var lastBatch: PairBatch?
  private(set) var pairs = 0

  /// - Parameters:
  ///   - configuration: what model it is.
  ///   - capacity: pairs that fit.
  ///   - lossWeights: what the errors of hidden pixels weigh.
  ///   - pool: the threads that compute.
  ///   - path: how to compute products, which chooses no bit; nil for the fastest way.
  /// - Precondition: the configuration is valid, `capacity` positive.
  public init(
    configuration: ModelConfiguration, capacity: Int, lossWeights: LossWeights = .defined,
    pool: ThreadPool, path: ProductPath? = nil
  ) {
    self.lossWeights = lossWeights
    self.pool = pool
    autoencoder = MaskedAutoencoder(
      configuration: configuration, capacity: capacity,
      imagesPerSequence: ModelConfiguration.imagesPerPair, pool: pool, path: path)
    let images = capacity * ModelConfiguration.imagesPerPair
    weights = FloatBuffer(count: images * configuration.pixelsPerImage)
    seen = ByteBuffer(count: images * configuration.pixelsPerImage)
    patchMeans = FloatBuffer(count: images * configuration.patchesPerImage)
    patchDeviations = FloatBuffer(count: images * configuration.patchesPerImage)
    objectives = (0..<pool.threadCount).map { _ in PixelObjective(configuration, lossWeights) }
    pixelSums = Array(repeating: HiddenSums(), count: images)
  }

  /// Runs the network on a prepared batch.
  ///
  /// Until the next forward, the accessors tell of this batch's predictions and weights.
  /// - Precondition: the batch has the network's configuration, is prepared and fits; `parameters`
  ///   has the layout of the configuration.
  public func forward(parameters: FloatBuffer, batch: PairBatch) -> LossSums {
    precondition(batch.count > 0 && batch.count <= capacity, "the batch is not prepared")
    lastBatch = batch
    pairs = batch.count
    autoencoder.forward(
      parameters: parameters, images: batch.images, boxes: batch.boxes,
      mostVisible: configuration.mostVisiblePatches(bounds: batch.bounds))
    defer { stopwatch?.lap(.objective) }
    return measure(batch)
  }

  /// `forward` with the measures of an evaluation: the model's loss beside those of what learns
  /// nothing.
  package func evaluate(parameters: FloatBuffer, batch: PairBatch) -> LossSums {
    let sums = forward(parameters: parameters, batch: batch)
    return LossSums(evaluationOf: sums, beside: baselines.measure(batch))
  }

  /// Writes the gradient of `scale` · (weighted sum of the last forward) to all of `gradient`.
  ///
  /// The sum is not divided by the hidden pixels: `scale` may do that.
  /// - Parameters:
  ///   - parameters: as the last forward had them.
  ///   - batch: that of the last forward; there is one backward pass per forward pass.
  ///   - gradient: overwritten, in the layout of the parameters.
  ///   - scale: of the sum, for example one over the hidden pixels.
  ///   - onFinal: called on the calling thread, with places that only go down: from there to the
  ///     end, `gradient` is final and may be sent while the rest is computed. The last call has 0.
  /// - Precondition: the last call was `forward` with this batch.
  public func backward(
    parameters: FloatBuffer, batch: PairBatch, gradient: FloatBuffer, scale: Float,
    onFinal: (_ lowerBound: Int) -> Void = { _ in }
  ) {
    precondition(lastBatch === batch && pairs == batch.count, "backward without its forward")
    stopwatch?.begin()
    differentiateObjective(batch, scale: scale)
    stopwatch?.lap(.objective)
    autoencoder.backward(
      parameters: parameters, images: batch.images, of: .ofHidden, gradient: gradient,
      onFinal: onFinal)
    lastBatch = nil
  }

  private func measure(_ batch: PairBatch) -> LossSums {
    let area = configuration.pixelsPerImage
    pixelSums.withUnsafeMutableBufferPointer { pixelSums in
      // Each part writes the element of its own image.
      let pixelSums = pixelSums.baseAddress!
      pool.forEach(
        batch.images.count,
        withSlot: { index, slot in
          let objective = objectives[slot]
          let image = ImageInPair(index, of: batch)
          let targets = targets(of: image.image, index)
          let seen = seen.pointer + index * area
          targets.statistics.measure(image.image)
          targets.measureError(of: prediction(index), into: objective.error.pointer)
          objective.projectNeighbour(image, targets, seen: seen)
          pixelSums[index] = objective.weigh(
            image.image, seen: seen, weights: weights.pointer + index * area)
        })
    }
    return LossSums(pixelSums[0..<batch.images.count], of: batch)
  }

  private func differentiateObjective(_ batch: PairBatch, scale: Float) {
    pool.forEach(batch.images.count) { index in
      targets(of: batch.images[index], index).predictionGradient(
        of: prediction(index), weights: weights.pointer + index * configuration.pixelsPerImage,
        scale: scale,
        into: autoencoder.predictionGradients.pointer + index * configuration.valuesPerImage)
    }
  }

  /// (L, P)
  private func prediction(_ index: Int) -> UnsafeMutablePointer<Float> {
    predictions.pointer + index * configuration.valuesPerImage
  }

  private func targets(of image: MaskedImage, _ index: Int) -> PatchTargets {
    let start = index * configuration.patchesPerImage
    return PatchTargets(
      of: image,
      PatchStatistics(
        mean: patchMeans.pointer + start, deviation: patchDeviations.pointer + start),
      normalizes: configuration.normalizesPatches)
  }
}
