// The exact GELU, x·Φ(x) with Φ the normal distribution (Hendrycks and Gimpel, 2016), and its
// derivative Φ(x) + x·φ(x). Not the tanh approximation.

package enum GELU {
  /// hidden += bias, and activation = GELU(hidden) of that. Both are (rows, columns), the bias
  /// (columns).
  package static func forward(
    hidden: MatrixView, bias: UnsafePointer<Float>, activation: MatrixView,
    loops: InnerLoops = .ofThisMachine
  ) {
    let apply = loops.gelu
    for row in 0..<hidden.rows {
      apply(hidden.row(row), bias, activation.row(row), hidden.columns)
    }
  }

  /// gradient *= GELU'(hidden), in place, and activation = GELU(hidden) once more: computing both
  /// again takes less time than keeping them would take to write and read.
  package static func backward(
    hidden: MatrixView, gradient: MatrixView, activation: MatrixView,
    loops: InnerLoops = .ofThisMachine
  ) {
    let apply = loops.geluGradient
    for row in 0..<hidden.rows {
      apply(hidden.row(row), gradient.row(row), activation.row(row), hidden.columns)
    }
  }
}
