// Layer normalisation of rows (Ba, Kiros and Hinton, 2016) and its gradients.

import Basics

package enum LayerNorm {
  /// Added to the variance before the root is taken.
  package static let epsilon: Float = 1e-6
  /// Floats that `forward` keeps of a row: its mean and the reciprocal of its deviation.
  package static let statisticsPerRow = 2

  /// output = (input − mean) / deviation · weight + bias, row by row, on the calling thread.
  ///
  /// - Parameters:
  ///   - input, output: (rows, D).
  ///   - weight, bias: (D).
  ///   - statistics: (rows, 2), written.
  package static func forward(
    input: MatrixView, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: MatrixView, statistics: UnsafeMutablePointer<Float>
  ) {
    precondition(input.rows == output.rows && input.columns == output.columns)
    for row in 0..<input.rows {
      let x = UnsafePointer(input.row(row))
      let (mean, reciprocal) = moments(x, count: input.columns)
      statistics[2 * row] = mean
      statistics[2 * row + 1] = reciprocal
      apply(
        x, mean: mean, reciprocal: reciprocal, weight: weight, bias: bias, to: output.row(row),
        count: input.columns)
    }
  }

  /// The output of `forward` once more, from the statistics it kept.
  package static func recompute(
    input: MatrixView, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: MatrixView, statistics: UnsafePointer<Float>
  ) {
    for row in 0..<input.rows {
      apply(
        UnsafePointer(input.row(row)), mean: statistics[2 * row],
        reciprocal: statistics[2 * row + 1], weight: weight, bias: bias, to: output.row(row),
        count: input.columns)
    }
  }

  /// gradient += d input for the output's gradient, and the sums for weight and bias, on the
  /// calling thread.
  ///
  /// With x̂ the normalised input and u = outputGradient · weight:
  /// d input = (u − mean(u) − x̂ · mean(u·x̂)) / deviation.
  /// - Parameters:
  ///   - input, outputGradient, gradient: (rows, D).
  ///   - statistics: (rows, 2), as `forward` left them.
  ///   - sums: (2, D), overwritten with Σ outputGradient·x̂ and Σ outputGradient over these rows.
  package static func backward(
    input: MatrixView, weight: UnsafePointer<Float>, statistics: UnsafePointer<Float>,
    outputGradient: MatrixView, gradient: MatrixView, sums: UnsafeMutablePointer<Float>
  ) {
    let columns = input.columns
    sums.update(repeating: 0, count: 2 * columns)
    for row in 0..<input.rows {
      let x = UnsafePointer(input.row(row))
      let dy = UnsafePointer(outputGradient.row(row))
      let dx = gradient.row(row)
      let mean = statistics[2 * row]
      let reciprocal = statistics[2 * row + 1]
      var sumOfU = Vector.zero
      var sumOfUX = Vector.zero
      forEachVector(columns) { i, n in
        let normalised = ((x.lanes(at: i, count: n) - mean) * reciprocal).keeping(n)
        let d = dy.lanes(at: i, count: n)
        let u = d * weight.lanes(at: i, count: n)
        sumOfU += u
        sumOfUX = sumOfUX.addingProduct(u, normalised)
        let w = sums.lanes(at: i, count: n).addingProduct(d, normalised)
        sums.storeLanes(w, at: i, count: n)
        sums.storeLanes(sums.lanes(at: columns + i, count: n) + d, at: columns + i, count: n)
      }
      let meanOfU = sumOfU.total / Float(columns)
      let meanOfUX = sumOfUX.total / Float(columns)
      forEachVector(columns) { i, n in
        let normalised = (x.lanes(at: i, count: n) - mean) * reciprocal
        let u = dy.lanes(at: i, count: n) * weight.lanes(at: i, count: n)
        let inner = (u - meanOfU).addingProduct(-normalised, Vector(repeating: meanOfUX))
        dx.storeLanes(
          dx.lanes(at: i, count: n).addingProduct(inner, Vector(repeating: reciprocal)), at: i,
          count: n)
      }
    }
  }

  @inline(__always)
  private static func moments(
    _ x: UnsafePointer<Float>, count: Int
  ) -> (mean: Float, reciprocal: Float) {
    var sum = Vector.zero
    forEachVector(count) { i, n in sum += x.lanes(at: i, count: n) }
    let mean = sum.total / Float(count)
    var squares = Vector.zero
    forEachVector(count) { i, n in
      let d = (x.lanes(at: i, count: n) - mean).keeping(n)
      squares = squares.addingProduct(d, d)
    }
    return (mean, 1 / (squares.total / Float(count) + epsilon).squareRoot())
  }

  @inline(__always)
  private static func apply(
    _ x: UnsafePointer<Float>, mean: Float, reciprocal: Float, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    forEachVector(count) { i, n in
      let normalised = (x.lanes(at: i, count: n) - mean) * reciprocal
      y.storeLanes(
        bias.lanes(at: i, count: n).addingProduct(normalised, weight.lanes(at: i, count: n)),
        at: i, count: n)
    }
  }
}
