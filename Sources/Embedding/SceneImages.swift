// A scene as the model sees it: resized to the model's pixels, normalised, with its validity; in
// windows. Not which windows.

import Basics
import Imagery
import Scenes
import Tensors

/// Reads windows of a scene in the model's pixels. One thread at a time; works on the pool's.
final class SceneImages {
  private let reader: SceneReader
  private let normalization: Normalization
  /// Nil where the caller's threads have work of their own.
  private let pool: ThreadPool?
  /// Pixels of the scene in a pixel of the model.
  let scale: Double

  /// A pixel of the model is valid when at least this share of its weight fell on valid ones.
  private static let leastCoverage: Float = 0.5

  init(_ reader: SceneReader, scale: Double, normalization: Normalization, pool: ThreadPool?) {
    precondition(normalization.mean.count == reader.bandCount)
    self.reader = reader
    self.scale = scale
    self.normalization = normalization
    self.pool = pool
  }

  /// A window.
  struct Window {
    let width: Int
    let height: Int
    /// (bands, height, width), normalised; 0 where invalid.
    let pixels: FloatBuffer
    /// (height, width): 1 valid, 0 not, or beyond the scene.
    let validity: [UInt8]
  }

  /// A window of the scene as it is resized as a whole.
  /// - Parameters:
  ///   - rows: of the model's pixels; those beyond the scene are invalid.
  /// - Throws: `SceneError`.
  func load(rows: Range<Int>, columns: Range<Int>) throws -> Window {
    try load(
      AxisWindow(outputs: rows, scale: scale, inputCount: reader.grid.height),
      AxisWindow(outputs: columns, scale: scale, inputCount: reader.grid.width), from: (0, 0))
  }

  /// A box of the scene as it is resized by itself, to a square of the model's pixels; what lies
  /// beyond the scene is invalid.
  /// - Throws: `SceneError`.
  func load(chip: PixelWindow, side: Int) throws -> Window {
    let scale = Double(chip.width) / Double(side)
    let height = min(chip.height, reader.grid.height - chip.row)
    let width = min(chip.width, reader.grid.width - chip.column)
    return try load(
      AxisWindow(outputs: 0..<side, scale: scale, inputCount: height),
      AxisWindow(outputs: 0..<side, scale: scale, inputCount: width),
      from: (chip.row, chip.column))
  }

  private func load(
    _ rowAxis: AxisWindow, _ columnAxis: AxisWindow, from corner: (row: Int, column: Int)
  ) throws -> Window {
    let (height, width) = (rowAxis.outputs.count, columnAxis.outputs.count)
    let pixels = FloatBuffer(count: height * width * reader.bandCount)
    guard !rowAxis.inputs.isEmpty && !columnAxis.inputs.isEmpty else {
      return Window(
        width: width, height: height, pixels: pixels,
        validity: [UInt8](repeating: 0, count: height * width))
    }
    let source = PixelWindow(
      column: corner.column + columnAxis.inputs.lowerBound,
      row: corner.row + rowAxis.inputs.lowerBound, width: columnAxis.inputs.count,
      height: rowAxis.inputs.count)
    let memory = ScratchBuffer<UInt8>(
      count: source.count * reader.bandCount * reader.pixelType.byteCount)
    let raw = memory.bytes
    defer { withExtendedLifetime(memory) {} }
    var seen = [UInt8](repeating: 0, count: source.count)
    try seen.withUnsafeMutableBufferPointer { try reader.read(source, pixels: raw, validity: $0) }
    let coverage = self.coverage(seen, rowAxis, columnAxis)
    let validity = coverage.values.map { UInt8($0 >= Self.leastCoverage ? 1 : 0) }
    func fill(_ band: Int) {
      self.fill(
        band, of: pixels, from: raw, seen: seen, coverage: coverage, validity: validity,
        (rowAxis, columnAxis))
    }
    if let pool {
      pool.forEach(reader.bandCount, fill)
    } else {
      for band in 0..<reader.bandCount { fill(band) }
    }
    return Window(width: width, height: height, pixels: pixels, validity: validity)
  }

  /// Of each pixel of the model, the share of its weight that fell on valid pixels.
  private func coverage(
    _ seen: [UInt8], _ rows: AxisWindow, _ columns: AxisWindow
  ) -> FloatBuffer {
    let plane = FloatBuffer(count: seen.count)
    for index in seen.indices { plane.pointer[index] = Float(seen[index]) }
    return resample(plane, rows, columns)
  }

  private func resample(
    _ plane: FloatBuffer, _ rows: AxisWindow, _ columns: AxisWindow
  ) -> FloatBuffer {
    let scratch = FloatBuffer(count: rows.outputs.count * columns.inputs.count)
    let output = FloatBuffer(count: rows.outputs.count * columns.outputs.count)
    WindowResampler.resample(
      plane.pointer, rows: rows, columns: columns, scratch: scratch.pointer, into: output.pointer)
    return output
  }

  /// By normalised convolution, as `CropSampler` does it: invalid pixels do not bleed into valid
  /// ones.
  private func fill(
    _ band: Int, of pixels: FloatBuffer, from raw: UnsafeMutableRawBufferPointer, seen: [UInt8],
    coverage: FloatBuffer, validity: [UInt8], _ axes: (AxisWindow, AxisWindow)
  ) {
    let plane = FloatBuffer(count: seen.count)
    let start =
      UnsafeRawPointer(raw.baseAddress!)
      + band * seen.count * reader.pixelType.byteCount
    reader.pixelType.copyValues(start, count: seen.count, into: plane.pointer)
    for index in seen.indices where seen[index] == 0 { plane.pointer[index] = 0 }
    let resized = resample(plane, axes.0, axes.1)
    let target = pixels.pointer + band * resized.count
    let mean = normalization.mean[band]
    let deviation = normalization.standardDeviation[band]
    for index in 0..<resized.count {
      let value = (resized.pointer[index] / coverage.pointer[index] - mean) / deviation
      target[index] = validity[index] == 1 ? value : 0
    }
  }
}
