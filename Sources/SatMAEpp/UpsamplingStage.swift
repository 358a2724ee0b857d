// One stage of SatMAE++'s convolutions: from features of an image's pixels to those of twice the
// side, and the image that they show. `up_block` of the oracle. Not here: what comes before the
// first stage, and how far an image is from what it should be.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// A stage with the memory of its activations. Pixels are rows of their channels, images one after
/// the other.
///
/// `@unchecked Sendable`: one call at a time; the threads write disjoint rows.
final class UpsamplingStage: @unchecked Sendable {
  /// S: pixels along a side of its input.
  let inputSide: Int
  /// 2S
  let side: Int
  let features: Int
  let channels: Int
  let place: UpsamplingStageParameters
  let bands: ImageBands

  let doubling: DoublingMatrices
  let conv1: ConvolutionMatrices
  let conv2: ConvolutionMatrices
  let projection: ConvolutionMatrices

  let raised: FloatBuffer  // (N, 2S·2S, M), before its norm
  let raisedStatistics: FloatBuffer  // (N, 2S·2S, 2)
  let activated: FloatBuffer  // (N, 2S·2S, M)
  let rectified: FloatBuffer  // (N, 2S·2S, M): conv1's after ReLU; then raised's gradient
  let summed: FloatBuffer  // (N, 2S·2S, M), before its norm; then conv1's gradient
  let summedStatistics: FloatBuffer  // (N, 2S·2S, 2)
  /// Then the gradient of `summed`.
  let output: FloatBuffer  // (N, 2S·2S, M)
  /// What is added to the gradient of the output beside that of the image; zero where nothing is.
  let outputGradient: FloatBuffer  // (N, 2S·2S, M)
  let image: FloatBuffer  // (N, 2S·2S, C)
  /// To be written before `backward`.
  let imageGradient: FloatBuffer  // (N, 2S·2S, C)

  init(
    _ configuration: ModelConfiguration, _ place: UpsamplingStageParameters, inputSide: Int,
    isLast: Bool, capacity: Int, bands: ImageBands
  ) {
    self.inputSide = inputSide
    self.place = place
    self.bands = bands
    side = 2 * inputSide
    features = configuration.upsamplingFeatures
    channels = configuration.channels
    doubling = DoublingMatrices(place.up)
    conv1 = ConvolutionMatrices(place.conv1)
    conv2 = ConvolutionMatrices(place.conv2, scale: 0.5)
    projection = ConvolutionMatrices(place.projection)
    let pixels = capacity * side * side
    raised = FloatBuffer(count: pixels * features)
    raisedStatistics = FloatBuffer(count: pixels * LayerNorm.statisticsPerRow)
    activated = FloatBuffer(count: pixels * features)
    rectified = FloatBuffer(count: pixels * features)
    summed = FloatBuffer(count: pixels * features)
    summedStatistics = FloatBuffer(count: pixels * LayerNorm.statisticsPerRow)
    output = FloatBuffer(count: pixels * features)
    outputGradient = FloatBuffer(count: isLast ? 0 : pixels * features)
    image = FloatBuffer(count: pixels * channels)
    imageGradient = FloatBuffer(count: pixels * channels)
  }

  static let slope: Float = 0.01

  /// Fills `output` and `image`.
  /// - Parameter input: (N, S·S, M)
  func forward(_ parameters: FloatBuffer, input: FloatBuffer) {
    doubling.read(parameters)
    for convolution in [conv1, conv2, projection] { convolution.read(parameters) }
    double(parameters, input)
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      let out = rows(rectified, band)
      convolve(activated, windows(features), band, conv1, into: out)
      for index in 0..<out.rows * features { out.pointer[index] = max(out.pointer[index], 0) }
    }
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      let sum = rows(summed, band)
      convolve(
        rectified, windows(features), band, conv2, into: sum, addedTo: rows(activated, band))
      LayerNorm.forward(
        input: sum, weight: parameters.pointer + place.norm.weight,
        bias: parameters.pointer + place.norm.bias, output: rows(output, band),
        statistics: statistics(summedStatistics, band))
    }
    bands.forEach(rows: side, rowFloats: windows(features).rowValues) { band in
      convolve(
        output, windows(features), band, projection, into: rows(image, band, channels))
    }
  }

  /// The transposed convolution, its norm and leaky ReLU, in bands of the input's rows.
  func double(_ parameters: FloatBuffer, _ input: FloatBuffer) {
    let bias = parameters.pointer + place.up.bias
    let inputPixels = inputSide * inputSide * features
    bands.forEach(rows: inputSide, rowFloats: inputSide * 4 * features) { band in
      for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let windows = ImageWindows(
          side: inputSide, channels: features, windowSide: 2, firstRow: y - 1,
          firstColumn: x - 1, count: inputSide)
        let count = band.rows.count * inputSide
        let unfolded = band.memory.windows(rows: count, columns: windows.values)
        windows.unfold(
          input.pointer + band.image * inputPixels, rows: band.rows, into: unfolded)
        let made = band.memory.results(rows: count, columns: features)
        MatrixProduct.multiply(
          unfolded, doubling.phase(y, x), transposing: .second, into: made,
          finish: .bias(bias), pool: bands.serial, workspace: band.memory.workspace)
        for row in 0..<count {
          let (i, j) = (band.rows.lowerBound + row / inputSide, row % inputSide)
          pixel(raised, band.image, 2 * i + y, 2 * j + x)
            .update(from: made.row(row), count: features)
        }
      }
      let doubled = 2 * band.rows.lowerBound..<2 * band.rows.upperBound
      let active = rows(activated, band, of: doubled)
      LayerNorm.forward(
        input: rows(raised, band, of: doubled), weight: parameters.pointer + place.upNorm.weight,
        bias: parameters.pointer + place.upNorm.bias, output: active,
        statistics: statistics(raisedStatistics, band, of: doubled))
      for index in 0..<active.rows * features where active.pointer[index] < 0 {
        active.pointer[index] *= Self.slope
      }
    }
  }

  /// Of 3 × 3 pixels around each one.
  func windows(_ channels: Int) -> ImageWindows {
    ImageWindows(
      side: side, channels: channels, windowSide: 3, firstRow: -1, firstColumn: -1, count: side)
  }

  /// The windows of a band of an image in a buffer, in the band's memory.
  func unfold(_ buffer: FloatBuffer, _ windows: ImageWindows, _ band: ImageBand) -> MatrixView {
    let unfolded = band.memory.windows(
      rows: band.rows.count * windows.count, columns: windows.values)
    let imageValues = windows.side * windows.side * windows.channels
    windows.unfold(
      buffer.pointer + band.image * imageValues, rows: band.rows, into: unfolded)
    return unfolded
  }

  /// out = what a convolution makes of a band, added to a residual if there is one.
  func convolve(
    _ buffer: FloatBuffer, _ windows: ImageWindows, _ band: ImageBand,
    _ convolution: ConvolutionMatrices, into out: MatrixView, addedTo residual: MatrixView? = nil
  ) {
    let bias = convolution.bias.pointer
    MatrixProduct.multiply(
      unfold(buffer, windows, band), convolution.forwardMatrix, transposing: .second, into: out,
      finish: residual.map { .residual($0, bias: bias) } ?? .bias(bias), pool: bands.serial,
      workspace: band.memory.workspace)
  }

  /// A band's pixels in a buffer of images of twice the input's side.
  /// - Parameter range: other rows than the band's.
  func rows(
    _ buffer: FloatBuffer, _ band: ImageBand, _ columns: Int? = nil, of range: Range<Int>? = nil
  ) -> MatrixView {
    let range = range ?? band.rows
    let columns = columns ?? features
    return MatrixView(
      buffer, offset: (band.image * side + range.lowerBound) * side * columns,
      rows: range.count * side, columns: columns)
  }

  func statistics(
    _ buffer: FloatBuffer, _ band: ImageBand, of range: Range<Int>? = nil
  ) -> UnsafeMutablePointer<Float> {
    rows(buffer, band, LayerNorm.statisticsPerRow, of: range).pointer
  }

  /// One pixel's features.
  private func pixel(
    _ buffer: FloatBuffer, _ image: Int, _ row: Int, _ column: Int
  ) -> UnsafeMutablePointer<Float> {
    buffer.pointer + ((image * side + row) * side + column) * features
  }
}

extension ImageWindows {
  /// Values of the windows of one row of an image.
  var rowValues: Int { count * values }
}
