// SatMAE++'s convolutions as a whole: from a prediction of all patches to images of twice the side,
// and four times it. `upsample` of the oracle. Not here: one stage of it, and what the images are
// held against.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// The convolutions of up to a number of images at a time. Results have equal bits for any number
/// of threads of the pool.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
final class UpsamplingHeads: @unchecked Sendable {
  /// From the smaller scale to the largest.
  let stages: [UpsamplingStage]
  private let grid: PatchGrid
  private let features: Int
  private let place: UpsamplingParameters
  private let bands: ImageBands
  private let hidden: FloatBuffer  // (N, L, p·p, M), before GELU
  private let activation: FloatBuffer  // (N, L, p·p, M)
  private let statistics: FloatBuffer  // (N, L, p·p, 2)
  private let pixels: FloatBuffer  // (N, H, W, M)
  private let pixelGradients: FloatBuffer  // (N, H, W, M)

  /// - Precondition: the configuration has upsamplings, the layout is its own.
  init(
    _ configuration: ModelConfiguration, _ layout: ParameterLayout, capacity: Int,
    pool: ThreadPool, windowFloats: Int
  ) {
    let place = UpsamplingParameters(configuration, in: layout)
    let bands = ImageBands(
      configuration, capacity: capacity, pool: pool, windowFloats: windowFloats)
    self.place = place
    self.bands = bands
    grid = configuration.patchGrid
    features = configuration.upsamplingFeatures
    stages = place.stages.enumerated().map { index, stage in
      UpsamplingStage(
        configuration, stage, inputSide: configuration.imageSide << index,
        isLast: index == place.stages.count - 1, capacity: capacity, bands: bands)
    }
    let count = capacity * grid.pixelCount
    hidden = FloatBuffer(count: count * features)
    activation = FloatBuffer(count: count * features)
    statistics = FloatBuffer(count: count * LayerNorm.statisticsPerRow)
    pixels = FloatBuffer(count: count * features)
    pixelGradients = FloatBuffer(count: count * features)
  }

  /// Fills the stages' images.
  /// - Parameter predictions: (N, L, P), of `count` images.
  func forward(_ parameters: FloatBuffer, predictions: FloatBuffer, count: Int) {
    bands.count = count
    bands.forEach(rows: grid.side, rowFloats: rowPixels * features) { band in
      let made = rows(hidden, band, features)
      let active = rows(activation, band, features)
      MatrixProduct.multiply(
        rows(predictions, band, grid.channels), weights(parameters), transposing: .second,
        into: made,
        finish: .gelu(bias: parameters.pointer + place.projection.bias, activation: active),
        pool: bands.serial, workspace: band.memory.workspace)
      let normalised = band.memory.results(rows: made.rows, columns: features)
      LayerNorm.forward(
        input: active, weight: parameters.pointer + place.norm.weight,
        bias: parameters.pointer + place.norm.bias, output: normalised,
        statistics: rows(statistics, band, LayerNorm.statisticsPerRow).pointer)
      forEachRun(of: band) { row, pixel in
        pixel.advanced(pixels).update(from: normalised.row(row), count: pixel.count)
      }
    }
    for (index, stage) in stages.enumerated() {
      stage.forward(parameters, input: input(of: index))
    }
  }

  /// Writes the gradients of all convolutions' parameters and adds that of the predictions, given
  /// the gradients of the stages' images. Once a forward pass.
  /// - Parameter predictionGradients: (N, L, P), added to.
  func backward(
    _ parameters: FloatBuffer, predictions: FloatBuffer, predictionGradients: FloatBuffer,
    gradient: FloatBuffer, onFinal: (Int) -> Void
  ) {
    for (index, stage) in stages.enumerated().reversed() {
      stage.backward(
        parameters, input: input(of: index),
        inputGradient: index == 0 ? pixelGradients : stages[index - 1].outputGradient,
        gradient: gradient, onFinal: onFinal)
    }
    backwardNorm(parameters)
    (gradient.pointer + place.norm.weight).update(
      from: bands.total(2 * features), count: 2 * features)
    backwardProjection(parameters, predictions, predictionGradients)
    let count = features * grid.channels
    let sums = bands.total(count + features)
    (gradient.pointer + place.projection.weight).update(from: sums, count: count)
    (gradient.pointer + place.projection.bias).update(from: sums + count, count: features)
    onFinal(place.projection.weight)
  }

  /// From the pixels' gradient to that of the hidden units, which takes the place of the pixels.
  private func backwardNorm(_ parameters: FloatBuffer) {
    bands.forEach(rows: grid.side, rowFloats: rowPixels * features) { band in
      let active = rows(activation, band, features)
      let outputGradient = band.memory.results(rows: active.rows, columns: features)
      forEachRun(of: band) { row, pixel in
        outputGradient.row(row).update(from: pixel.advanced(pixelGradients), count: pixel.count)
      }
      let made = rows(pixels, band, features)
      made.pointer.update(repeating: 0, count: made.rows * features)
      let sums = band.memory.sums(2 * features)
      LayerNorm.backward(
        input: active, weight: parameters.pointer + place.norm.weight,
        statistics: rows(statistics, band, LayerNorm.statisticsPerRow).pointer,
        outputGradient: outputGradient, gradient: made, sums: sums)
      bands.add(sums, count: 2 * features, to: band, at: 0)
      GELU.backward(hidden: rows(hidden, band, features), gradient: made, activation: active)
    }
  }

  private func backwardProjection(
    _ parameters: FloatBuffer, _ predictions: FloatBuffer, _ predictionGradients: FloatBuffer
  ) {
    bands.forEach(rows: grid.side, rowFloats: rowPixels * features) { band in
      let hiddenGradient = rows(pixels, band, features)
      bands.addGradient(
        band, output: hiddenGradient, input: rows(predictions, band, grid.channels))
      MatrixProduct.multiply(
        hiddenGradient, weights(parameters), into: rows(predictionGradients, band, grid.channels),
        adding: true, pool: bands.serial, workspace: band.memory.workspace)
    }
  }

  private func input(of stage: Int) -> FloatBuffer {
    stage == 0 ? pixels : stages[stage - 1].output
  }

  /// The 1 × 1 convolution is a linear layer: (M, C).
  private func weights(_ parameters: FloatBuffer) -> MatrixView {
    MatrixView(
      parameters, offset: place.projection.weight, rows: features, columns: grid.channels)
  }

  /// Pixels of a row of patches.
  private var rowPixels: Int { grid.imageSide * grid.patchSide }

  /// A band's pixels, patch by patch: its rows are rows of patches.
  private func rows(_ buffer: FloatBuffer, _ band: ImageBand, _ columns: Int) -> MatrixView {
    let first = band.image * grid.side + band.rows.lowerBound
    return MatrixView(
      buffer, offset: first * rowPixels * columns, rows: band.rows.count * rowPixels,
      columns: columns)
  }

  /// Where a run of a patch's pixels lies in the image.
  private struct PixelRun {
    let offset: Int
    let count: Int

    func advanced(_ buffer: FloatBuffer) -> UnsafeMutablePointer<Float> {
      buffer.pointer + offset
    }
  }

  /// Calls `body` for each run of pixels that a patch of the band has in a row of the image, with
  /// the run's first row among the band's pixels.
  private func forEachRun(of band: ImageBand, _ body: (_ row: Int, PixelRun) -> Void) {
    let side = grid.patchSide
    var row = 0
    for patch in band.rows.lowerBound * grid.side..<band.rows.upperBound * grid.side {
      for patchRow in 0..<side {
        let pixel =
          band.image * grid.pixelCount + grid.firstPixel(of: patch) + patchRow * grid.imageSide
        body(row, PixelRun(offset: pixel * features, count: side * features))
        row += side
      }
    }
  }
}
