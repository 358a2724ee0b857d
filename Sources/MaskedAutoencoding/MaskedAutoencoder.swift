// Encoder and decoder with the memory that they work in: from the visible patches of images to a
// prediction of all, and back. Not here: parameters, which the caller owns, which images belong
// together, and what a prediction is worth.

import Basics
import Kernels
import Tensors
import VisionTransformer

/// A masked autoencoder (He et al., 2022) of sequences of one image or of several that are seen
/// together: `forward`, and after it `backward` if wanted.
///
/// All memory is allocated by `init` and, for the encoder, by the first batch (its size follows
/// from the mask ratio); later steps allocate again only when bounds leave more patches visible
/// than ever before. Results have equal bits for any number of threads of the pool.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
package final class MaskedAutoencoder: @unchecked Sendable {
  /// What model it is.
  package let configuration: ModelConfiguration
  /// B: sequences that fit.
  package let capacity: Int
  /// S: images of a sequence; its image s has slot s of the image embeddings.
  package let imagesPerSequence: Int
  /// Is told where the time of a step goes, if there is one.
  package var stopwatch: StepStopwatch?
  /// Every trainable tensor and its place.
  package let layout: ParameterLayout
  package let pool: ThreadPool
  let map: ParameterMap
  let productWorkspace: ProductWorkspace

  let encoderPosition: PositionEmbedding
  let decoderPosition: PositionEmbedding
  let encoderTables: FloatBuffer  // (capacity, S, table)
  let decoderTables: FloatBuffer  // (capacity, S, table)

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

  // Backward brings those of patches whose prediction has a gradient together in the first rows of
  // these, but not of the predictions.
  let decoderNormalised: FloatBuffer  // (B, S, L, E), input of decoder_pred
  let decoderNormStatistics: FloatBuffer  // (B, S, L, 2)
  /// To be written before `backward`.
  package let predictionGradients: FloatBuffer  // (B, S, L, P)
  /// Of the last forward, in target space.
  package let predictions: FloatBuffer  // (B, S, L, P)
  let tokenSums: FloatBuffer  // (B + 1, 3 · max(D, E)): sums per sequence, then totals

  var encoderStarts: [Int] = []
  var decoderStarts: [Int] = []
  /// Those among (B, S, L) whose prediction has a gradient, ascending, and as tokens of the
  /// decoder.
  var selectedPatches: [Int] = []
  var selectedTokens = SelectedTokens()
  /// Of the last forward.
  package private(set) var sequences = 0

  /// - Parameter path: how to compute products, which chooses no bit.
  /// - Precondition: the configuration is valid, `capacity` positive; a sequence has one image or
  ///   as many as there are image embeddings.
  package init(
    configuration: ModelConfiguration, capacity: Int, imagesPerSequence: Int, pool: ThreadPool,
    path: ProductPath? = nil
  ) {
    precondition(capacity > 0)
    precondition((1...ModelConfiguration.imagesPerPair).contains(imagesPerSequence))
    self.configuration = configuration
    self.capacity = capacity
    self.imagesPerSequence = imagesPerSequence
    self.pool = pool
    productWorkspace = ProductWorkspace(
      loops: .ofThisMachine(configuration.arithmetic, path: path))
    layout = configuration.parameterLayout
    map = ParameterMap(configuration, in: layout)
    let (patches, values) = (configuration.patchesPerImage, configuration.patchValues)
    let images = capacity * imagesPerSequence
    let longest = 1 + imagesPerSequence * patches
    encoderPosition = PositionEmbedding(
      grid: configuration.patchGrid.side, width: configuration.width)
    decoderPosition = PositionEmbedding(
      grid: configuration.patchGrid.side, width: configuration.decoderWidth)
    encoderTables = FloatBuffer(count: images * encoderPosition.tableCount)
    decoderTables = FloatBuffer(count: images * decoderPosition.tableCount)
    decoder = TransformerStack(
      blocks: map.decoder, heads: configuration.decoderHeads, rowCapacity: capacity * longest,
      longestSequence: longest, slots: pool.threadCount, loops: productWorkspace.loops)
    decoderNormalised = FloatBuffer(count: images * patches * configuration.decoderWidth)
    decoderNormStatistics = FloatBuffer(count: images * patches * LayerNorm.statisticsPerRow)
    predictions = FloatBuffer(count: images * patches * values)
    predictionGradients = FloatBuffer(count: images * patches * values)
    tokenSums = FloatBuffer(
      count: (capacity + 1) * 3 * max(configuration.width, configuration.decoderWidth))
    selectedPatches.reserveCapacity(images * patches)
    selectedTokens.rows.reserveCapacity(images * patches)
    selectedTokens.starts.reserveCapacity(capacity + 1)
  }

  /// Tokens of a sequence with nothing hidden: the class token and all patches.
  var longestSequence: Int { 1 + imagesPerSequence * configuration.patchesPerImage }

  /// Images of the last forward.
  package var images: Int { sequences * imagesPerSequence }

  /// The images of a sequence among all.
  func images(of sequence: Int) -> Range<Int> {
    sequence * imagesPerSequence..<(sequence + 1) * imagesPerSequence
  }

  /// Makes room for a batch whose bounds leave the given number of patches visible.
  func reserveEncoder(visiblePerImage: Int) -> EncoderMemory {
    let rows = capacity * (1 + imagesPerSequence * visiblePerImage)
    if let encoder, encoder.stack.rowCapacity >= rows { return encoder }
    encoder = nil
    let memory = EncoderMemory(
      stack: TransformerStack(
        blocks: map.encoder, heads: configuration.heads, rowCapacity: rows,
        longestSequence: longestSequence, slots: pool.threadCount,
        loops: productWorkspace.loops),
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

  /// Sets the sequences of the coming forward: their images' visible counts say how long they are.
  func beginSequences(_ images: MaskedImages, _ memory: EncoderMemory) {
    sequences = images.count / imagesPerSequence
    encoderStarts.removeAll(keepingCapacity: true)
    decoderStarts.removeAll(keepingCapacity: true)
    var end = 0
    for sequence in 0..<sequences {
      encoderStarts.append(end)
      decoderStarts.append(sequence * longestSequence)
      end += self.images(of: sequence).reduce(1) { $0 + images.visibleCounts[$1] }
    }
    encoderStarts.append(end)
    decoderStarts.append(sequences * longestSequence)
    memory.stack.begin(starts: encoderStarts)
    decoder.begin(starts: decoderStarts)
  }
}
