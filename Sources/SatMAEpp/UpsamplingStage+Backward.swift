// The way back through a stage: from the gradients of its image and its output to those of its
// parameters and its input. Memory that has served takes gradients.

import Kernels
import MaskedAutoencoding
import Tensors
import VisionTransformer

extension UpsamplingStage {
  /// Writes the gradients of the stage's parameters and of its input, given `imageGradient` and
  /// `outputGradient`. What the forward pass left is overwritten.
  /// - Parameters:
  ///   - input: (N, S·S, M), as the forward pass had it.
  ///   - inputGradient: (N, S·S, M), overwritten.
  func backward(
    _ parameters: FloatBuffer, input: FloatBuffer, inputGradient: FloatBuffer,
    gradient: FloatBuffer, onFinal: (Int) -> Void
  ) {
    backwardProjection()
    projection.write(bands.total(projection.gradientCount), into: gradient)
    backwardNorm(parameters)
    writeNorm(place.norm, gradient)
    backwardSecond()
    conv2.write(bands.total(conv2.gradientCount), into: gradient)
    backwardFirst()
    conv1.write(bands.total(conv1.gradientCount), into: gradient)
    onFinal(place.conv1.weight)
    backwardActivation(parameters)
    writeNorm(place.upNorm, gradient)
    backwardDoubling(input, inputGradient)
    doubling.write(bands.total(doubling.gradientCount), into: gradient)
    onFinal(place.up.weight)
  }

  /// The gradient of the projection's parameters.
  private func backwardProjection() {
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      let unfolded = unfold(output, windows(features), band)
      bands.addGradient(band, output: rows(imageGradient, band, channels), input: unfolded)
    }
  }

  /// From the gradients of image and output to that of the sum of both branches (in `output`).
  private func backwardNorm(_ parameters: FloatBuffer) {
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      let unfolded = unfold(imageGradient, windows(channels), band)
      let made = band.memory.results(rows: unfolded.rows, columns: features)
      MatrixProduct.multiply(
        unfolded, projection.backwardMatrix, into: made, pool: bands.serial,
        workspace: band.memory.workspace)
      if outputGradient.count > 0 {
        RowOperations.add(
          rows(outputGradient, band).pointer, to: made.pointer, count: made.rows * features)
      }
      // The output has served: the gradient of what it was made of takes its place.
      let sumGradient = rows(output, band)
      sumGradient.pointer.update(repeating: 0, count: sumGradient.rows * features)
      differentiateNorm(
        parameters, place.norm, band, input: rows(summed, band),
        statistics: statistics(summedStatistics, band), outputGradient: made, into: sumGradient)
    }
  }

  /// Through conv2 and ReLU: from the sum's gradient (in `output`) to conv1's (in `summed`).
  private func backwardSecond() {
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      bands.addGradient(
        band, output: rows(output, band), input: unfold(rectified, windows(features), band))
      let made = rows(summed, band)
      MatrixProduct.multiply(
        unfold(output, windows(features), band), conv2.backwardMatrix, into: made,
        pool: bands.serial, workspace: band.memory.workspace)
      let shown = rows(rectified, band)
      for index in 0..<made.rows * features where shown.pointer[index] <= 0 {
        made.pointer[index] = 0
      }
    }
  }

  /// The gradient of conv1's parameters, from its own in `summed`.
  private func backwardFirst() {
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      bands.addGradient(
        band, output: rows(summed, band), input: unfold(activated, windows(features), band))
    }
  }

  /// Through conv1, the branch beside it, leaky ReLU and the first norm, to `raised`'s gradient (in
  /// `rectified`).
  private func backwardActivation(_ parameters: FloatBuffer) {
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      let made = band.memory.results(rows: band.rows.count * side, columns: features)
      MatrixProduct.multiply(
        unfold(summed, windows(features), band), conv1.backwardMatrix, into: made,
        pool: bands.serial, workspace: band.memory.workspace)
      RowOperations.add(
        rows(output, band).pointer, to: made.pointer, count: made.rows * features)
      let active = rows(activated, band)
      for index in 0..<made.rows * features where active.pointer[index] <= 0 {
        made.pointer[index] *= Self.slope
      }
      let raisedGradient = rows(rectified, band)
      raisedGradient.pointer.update(repeating: 0, count: made.rows * features)
      differentiateNorm(
        parameters, place.upNorm, band, input: rows(raised, band),
        statistics: statistics(raisedStatistics, band), outputGradient: made,
        into: raisedGradient)
    }
  }

  /// Through the transposed convolution: windows of 4 × 4 of its gradient are what each input pixel
  /// gave to.
  private func backwardDoubling(_ input: FloatBuffer, _ inputGradient: FloatBuffer) {
    let windows = ImageWindows(
      side: side, channels: features, windowSide: DoublingMatrices.kernelSide, stride: 2,
      firstRow: -1, firstColumn: -1, count: inputSide)
    let inputPixels = inputSide * features
    bands.forEach(rows: inputSide, rowFloats: windows.rowValues) { band in
      let unfolded = unfold(rectified, windows, band)
      let start = (band.image * inputSide + band.rows.lowerBound) * inputPixels
      func ofBand(_ buffer: FloatBuffer) -> MatrixView {
        MatrixView(
          buffer, offset: start, rows: band.rows.count * inputSide, columns: features)
      }
      bands.addGradient(band, output: ofBand(input), input: unfolded, withBias: false)
      MatrixProduct.multiply(
        unfolded, doubling.backwardMatrix, into: ofBand(inputGradient), pool: bands.serial,
        workspace: band.memory.workspace)
      let bias = band.memory.sums(features)
      let doubled = 2 * band.rows.lowerBound..<2 * band.rows.upperBound
      ColumnSums.compute(
        rows(rectified, band, of: doubled), into: bias, pool: bands.serial)
      bands.add(bias, count: features, to: band, at: features * windows.values)
    }
  }

  private func differentiateNorm(
    _ parameters: FloatBuffer, _ norm: NormParameters, _ band: ImageBand, input: MatrixView,
    statistics: UnsafePointer<Float>, outputGradient: MatrixView, into gradient: MatrixView
  ) {
    let sums = band.memory.sums(2 * features)
    LayerNorm.backward(
      input: input, weight: parameters.pointer + norm.weight, statistics: statistics,
      outputGradient: outputGradient, gradient: gradient, sums: sums)
    bands.add(sums, count: 2 * features, to: band, at: 0)
  }

  private func writeNorm(_ norm: NormParameters, _ gradient: FloatBuffer) {
    (gradient.pointer + norm.weight).update(
      from: bands.total(2 * features), count: 2 * features)
  }
}
