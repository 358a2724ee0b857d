// The network with the memory it works in. Not here: parameters, which the caller owns, and what a
// step does with the gradient.

import Basics
import Kernels
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
  public let configuration: ModelConfiguration
  /// Pairs that fit.
  public let capacity: Int
  /// Is told where the time of a step goes, if there is one.
  package var stopwatch: StepStopwatch?
  /// Every trainable tensor and its place.
  public let layout: ParameterLayout
  let pool: ThreadPool
  let map: ParameterMap
  let productWorkspace = ProductWorkspace()

  let encoderPosition: PositionEmbedding
  let decoderPosition: PositionEmbedding
  let encoderTables: FloatBuffer  // (capacity, 2, table)
  let decoderTables: FloatBuffer  // (capacity, 2, table)

  /// What depends on how many patches are visible.
  struct EncoderMemory {
    let stack: TransformerStack
    let patches: FloatBuffer  // (encoder rows, P); rows of class tokens are zero
    let normalised: FloatBuffer  // (encoder rows, D), input of decoder_embed
    let normStatistics: FloatBuffer  // (encoder rows, 2)
    let embedded: FloatBuffer  // (encoder rows, E), output of decoder_embed, then its gradient
    let workspace: TransformerWorkspace  // shared with the decoder
  }
  var encoder: EncoderMemory?
  let decoder: TransformerStack

  // Backward brings those of hidden patches together in the first rows of these, but not of the
  // predictions.
  let decoderNormalised: FloatBuffer  // (B, 2, L, E), input of decoder_pred
  let decoderNormStatistics: FloatBuffer  // (B, 2, L, 2)
  let predictionGradients: FloatBuffer  // (B, 2, L, P)
  let predictions: FloatBuffer  // (B, 2, L, P) in target space
  let weights: FloatBuffer  // (B, 2, H, W)
  let seen: ByteBuffer  // (B, 2, H, W)
  let patchMeans: FloatBuffer  // (B, 2, L)
  let patchDeviations: FloatBuffer  // (B, 2, L)
  let objectives: [PixelObjective]  // one per slot
  let tokenSums: FloatBuffer  // (B + 1, 3 · max(D, E)): sums per pair, then totals

  var encoderStarts: [Int] = []
  var decoderStarts: [Int] = []
  /// The hidden ones among (B, 2, L), ascending, and as tokens of the decoder.
  var hiddenPatches: [Int] = []
  var hiddenTokens = SelectedTokens()
  var pixelSums: [PixelSums]
  /// What learns nothing, for evaluations.
  private(set) lazy var baselines = Baselines(configuration: configuration, pool: pool)
  /// The batch of the last forward and its pairs.
  var lastBatch: PairBatch?
  var pairs = 0

  /// - Precondition: the configuration is valid, `capacity` positive.
  public init(configuration: ModelConfiguration, capacity: Int, pool: ThreadPool) {
    precondition(capacity > 0)
    self.configuration = configuration
    self.capacity = capacity
    self.pool = pool
    layout = configuration.parameterLayout
    map = ParameterMap(configuration, in: layout)
    let (patches, values) = (configuration.patchesPerImage, configuration.patchValues)
    let images = capacity * ModelConfiguration.imagesPerPair
    encoderPosition = PositionEmbedding(
      grid: configuration.patchGrid.side, width: configuration.width)
    decoderPosition = PositionEmbedding(
      grid: configuration.patchGrid.side, width: configuration.decoderWidth)
    encoderTables = FloatBuffer(count: images * encoderPosition.tableCount)
    decoderTables = FloatBuffer(count: images * decoderPosition.tableCount)
    decoder = TransformerStack(
      blocks: map.decoder, heads: configuration.decoderHeads,
      rowCapacity: capacity * configuration.longestSequence,
      longestSequence: configuration.longestSequence, slots: pool.threadCount)
    decoderNormalised = FloatBuffer(count: images * patches * configuration.decoderWidth)
    decoderNormStatistics = FloatBuffer(count: images * patches * LayerNorm.statisticsPerRow)
    predictions = FloatBuffer(count: images * patches * values)
    predictionGradients = FloatBuffer(count: images * patches * values)
    weights = FloatBuffer(count: images * configuration.pixelsPerImage)
    seen = ByteBuffer(count: images * configuration.pixelsPerImage)
    patchMeans = FloatBuffer(count: images * patches)
    patchDeviations = FloatBuffer(count: images * patches)
    objectives = (0..<pool.threadCount).map { _ in PixelObjective(configuration) }
    tokenSums = FloatBuffer(
      count: (capacity + 1) * 3 * max(configuration.width, configuration.decoderWidth))
    pixelSums = Array(repeating: PixelSums(), count: images)
    hiddenPatches.reserveCapacity(images * patches)
    hiddenTokens.rows.reserveCapacity(images * patches)
    hiddenTokens.starts.reserveCapacity(capacity + 1)
  }

  /// Makes room for a batch whose bounds leave the given number of patches visible.
  func reserveEncoder(visiblePerImage: Int) -> EncoderMemory {
    let rows = capacity * (1 + ModelConfiguration.imagesPerPair * visiblePerImage)
    if let encoder, encoder.stack.rowCapacity >= rows { return encoder }
    encoder = nil
    let memory = EncoderMemory(
      stack: TransformerStack(
        blocks: map.encoder, heads: configuration.heads, rowCapacity: rows,
        longestSequence: configuration.longestSequence, slots: pool.threadCount),
      patches: FloatBuffer(count: rows * configuration.patchValues),
      normalised: FloatBuffer(count: rows * configuration.width),
      normStatistics: FloatBuffer(count: rows * LayerNorm.statisticsPerRow),
      embedded: FloatBuffer(count: rows * configuration.decoderWidth),
      workspace: TransformerWorkspace([
        (rows, configuration.width, configuration.hiddenWidth),
        (decoder.rowCapacity, configuration.decoderWidth, configuration.decoderHiddenWidth),
      ]))
    encoder = memory
    return memory
  }

  func statistics(ofImage index: Int) -> PatchStatistics {
    let start = index * configuration.patchesPerImage
    return PatchStatistics(
      mean: patchMeans.pointer + start, deviation: patchDeviations.pointer + start)
  }

  /// Images of the last forward.
  var images: Int { pairs * ModelConfiguration.imagesPerPair }
}

extension ModelConfiguration {
  /// The largest number of patches that bounds can leave visible in an image.
  package func mostVisiblePatches(bounds: MaskRatioBounds) -> Int {
    SharedFrame.visibleCount(
      maskRatio: min(bounds.minimum, bounds.maximum), patches: patchesPerImage)
  }

  /// Tokens of a pair with nothing hidden: the class token and all patches.
  var longestSequence: Int { 1 + Self.imagesPerPair * patchesPerImage }
}
