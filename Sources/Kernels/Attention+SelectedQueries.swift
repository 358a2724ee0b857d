// The queries that attention's backward pass goes through.

extension Attention {
  /// The queries of all tokens, or of those whose output has a gradient.
  package struct SelectedQueries {
    /// (n, D)
    let rows: MatrixView
    /// The first row of each sequence, and after the last one n.
    let starts: [Int]
    /// (n, D), of `forward`.
    let output: MatrixView
    /// (heads, n, 2), of `forward`.
    let statistics: UnsafePointer<Float>
    /// (n, D)
    let outputGradient: MatrixView
    /// (n, D), overwritten.
    let gradient: MatrixView

    /// - Precondition: all have n rows of all heads.
    package init(
      rows: MatrixView, starts: [Int], output: MatrixView, statistics: UnsafePointer<Float>,
      outputGradient: MatrixView, gradient: MatrixView
    ) {
      precondition(
        starts.last == rows.rows
          && [output, outputGradient, gradient].allSatisfy {
            $0.rows == rows.rows && $0.columns == rows.columns
          })
      (self.rows, self.starts, self.output) = (rows, starts, output)
      (self.statistics, self.outputGradient) = (statistics, outputGradient)
      self.gradient = gradient
    }
  }
}
