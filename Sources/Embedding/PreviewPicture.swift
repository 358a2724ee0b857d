// What a map of features shows, as a picture: its three principal components as red, green and
// blue. For looking at, not for measuring.

import Basics
import Foundation
import LinearAlgebra
import MapFiles
import Pictures
import Scenes

/// Components of a map that is written.
package struct PreviewPicture {
  private let map: MapRaster
  private let isQuantised: Bool
  /// Columns, and rows, of the map that become one of the picture's, which shows the first of them.
  private let step: Int

  /// Vectors that the components are found from, at most.
  private static let samples = 20_000
  /// Values of a component that become black and full.
  private static let shares = (low: 0.02, high: 0.98)

  package init(_ map: MapRaster, isQuantised: Bool) {
    self.map = map
    self.isQuantised = isQuantised
    step = RasterPicture.step(width: map.width, height: map.height)
  }

  /// Draws it.
  /// - Throws: `MapFileError`, `LinearAlgebraError`, `PictureError`, `FileError`.
  package func write(to path: String, headline: String, notes: [String]) throws {
    let basis = try Basis(of: samples())
    let width = (map.width + step - 1) / step
    let height = (map.height + step - 1) / step
    var components = [SIMD3<Double>?](repeating: nil, count: width * height)
    try forEachRow(step: step) { row, vectors in
      for (column, vector) in vectors.enumerated() {
        components[row / step * width + column] = vector.map { basis.components(of: $0) }
      }
    }
    let pixels = Self.colours(components)
    let shown = basis.shares.map { HumanFormat.percent($0, places: 0) }.joined(separator: ", ")
    try RasterPicture(
      width: width, height: height, pixels: pixels, headline: headline,
      notes: notes + [
        "Red, green and blue are the first three principal components of the vectors, with "
          + "\(shown) of their variance. Grey: no data."
      ]
    ).write(to: path)
  }

  /// Calls `body(row, vectors)` for every step-th row, with every step-th column's vector; nil is
  /// nodata.
  private func forEachRow(step: Int, _ body: (Int, [[Float]?]) throws -> Void) throws {
    let pixelBytes = map.bandCount * (isQuantised ? 1 : MemoryLayout<Float>.size)
    let row = UnsafeMutableRawBufferPointer.allocate(
      byteCount: map.width * pixelBytes, alignment: 64)
    defer { row.deallocate() }
    for y in stride(from: 0, to: map.height, by: step) {
      try map.read(PixelWindow(column: 0, row: y, width: map.width, height: 1), into: row)
      try body(y, stride(from: 0, to: map.width, by: step).map { vector(row, $0 * map.bandCount) })
    }
  }

  private func vector(_ row: UnsafeMutableRawBufferPointer, _ start: Int) -> [Float]? {
    if isQuantised {
      let bytes = row.assumingMemoryBound(to: Int8.self)[start..<start + map.bandCount]
      return bytes.first == Int8Vectors.nodata ? nil : bytes.map { Int8Vectors.value($0) }
    }
    let values = row.assumingMemoryBound(to: Float.self)[start..<start + map.bandCount]
    return values.first?.isNaN == true ? nil : Array(values)
  }

  /// Vectors at even distances, valid ones.
  private func samples() throws -> [[Float]] {
    let count = map.width * map.height
    let apart = max(1, Int((Double(count) / Double(Self.samples)).squareRoot().rounded(.up)))
    var samples: [[Float]] = []
    try forEachRow(step: apart) { _, vectors in samples += vectors.compactMap { $0 } }
    return samples
  }

  /// The mean of vectors and their three first components.
  private struct Basis {
    private let mean: [Double]
    private let axes: [[Double]]
    /// Of the variance.
    let shares: [Double]

    init(of samples: [[Float]]) throws {
      guard let width = samples.first?.count else {
        (mean, axes, shares) = ([], [], [])
        return
      }
      var mean = [Double](repeating: 0, count: width)
      for sample in samples { for index in 0..<width { mean[index] += Double(sample[index]) } }
      for index in 0..<width { mean[index] /= Double(samples.count) }
      var centred = DoubleMatrix(rows: samples.count, columns: width)
      for (row, sample) in samples.enumerated() {
        for index in 0..<width { centred[row, index] = Double(sample[index]) - mean[index] }
      }
      let (values, vectors) = try LinearAlgebra.symmetricEigen(LinearAlgebra.gram(centred))
      let total = max(values.reduce(0, +), .leastNormalMagnitude)
      let largest = (0..<min(3, width)).map { width - 1 - $0 }
      self.mean = mean
      axes = largest.map { Array(vectors.row($0)) }
      shares = largest.map { max(0, values[$0]) / total }
    }

    func components(of vector: [Float]) -> SIMD3<Double> {
      var result = SIMD3<Double>()
      for (axis, direction) in axes.enumerated() {
        var sum = 0.0
        for index in vector.indices {
          sum += direction[index] * (Double(vector[index]) - mean[index])
        }
        result[axis] = sum
      }
      return result
    }
  }

  private static func colours(_ components: [SIMD3<Double>?]) -> [UInt32?] {
    var (low, high) = (SIMD3<Double>(), SIMD3<Double>(repeating: 1))
    for axis in 0..<3 {
      let values = components.compactMap { $0?[axis] }.sorted()
      guard let last = values.last else { continue }
      low[axis] = values[Int(shares.low * Double(values.count - 1))]
      high[axis] = max(
        values[Int(shares.high * Double(values.count - 1))], low[axis] + .leastNormalMagnitude)
      if high[axis] <= low[axis] { high[axis] = last }
    }
    return components.map { components in
      guard let components else { return nil }
      var color: UInt32 = 0
      for axis in 0..<3 {
        let range = high[axis] - low[axis]
        let share = range > 0 ? (components[axis] - low[axis]) / range : 0.5
        color = color << 8 | UInt32((min(max(share, 0), 1) * 255).rounded())
      }
      return color
    }
  }
}
