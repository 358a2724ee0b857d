// What layers do with a product besides: block by block, while the block is in a core's cache.
// Cases and not closures, which would be allocated anew for every product.

/// The other half of a linear layer's work on c, the result of a product.
package enum ProductFinish {
  /// Nothing.
  case none
  /// c += bias, (columns), in each row.
  case bias(UnsafePointer<Float>)
  /// c = residual + bias, to which the product is added. The residual is (rows, columns).
  case residual(MatrixView, bias: UnsafePointer<Float>)
  /// c += bias and activation = GELU(c). The activation is (rows, columns).
  case gelu(bias: UnsafePointer<Float>, activation: MatrixView)
  /// c *= GELU'(hidden) and activation = GELU(hidden) once more. Both are (rows, columns).
  case geluGradient(hidden: MatrixView, activation: MatrixView)

  /// Whether the product is added to what `begin` wrote.
  var isAdded: Bool { if case .residual = self { true } else { false } }

  /// Whether the matrices are c's size.
  func fits(_ c: MatrixView) -> Bool {
    func fits(_ matrix: MatrixView) -> Bool {
      matrix.rows == c.rows && matrix.columns == c.columns
    }
    switch self {
    case .none, .bias: return true
    case .residual(let residual, _): return fits(residual)
    case .gelu(_, let activation): return fits(activation)
    case .geluGradient(let hidden, let activation): return fits(hidden) && fits(activation)
    }
  }

  /// Before the product of a block of c.
  func begin(_ c: MatrixView, rows: Range<Int>, columns: Range<Int>) {
    guard case .residual(let residual, let bias) = self else { return }
    RowOperations.fill(
      c.slice(rows: rows, columns: columns),
      residual: residual.slice(rows: rows, columns: columns), bias: bias + columns.lowerBound)
  }

  /// After it.
  func end(_ c: MatrixView, rows: Range<Int>, columns: Range<Int>, loops: InnerLoops) {
    let block = c.slice(rows: rows, columns: columns)
    switch self {
    case .none, .residual: break
    case .bias(let bias): RowOperations.addBias(bias + columns.lowerBound, to: block)
    case .gelu(let bias, let activation):
      GELU.forward(
        hidden: block, bias: bias + columns.lowerBound,
        activation: activation.slice(rows: rows, columns: columns), loops: loops)
    case .geluGradient(let hidden, let activation):
      GELU.backward(
        hidden: hidden.slice(rows: rows, columns: columns), gradient: block,
        activation: activation.slice(rows: rows, columns: columns), loops: loops)
    }
  }
}
