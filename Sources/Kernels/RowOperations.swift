// Sums of a matrix with a row, and with another matrix: the ends of the linear layers.

package enum RowOperations {
  /// matrix += bias in each row.
  package static func addBias(_ bias: UnsafePointer<Float>, to matrix: MatrixView) {
    for row in 0..<matrix.rows {
      let m = matrix.row(row)
      forEachVector(matrix.columns) { i, n in
        m.storeLanes(m.lanes(at: i, count: n) + bias.lanes(at: i, count: n), at: i, count: n)
      }
    }
  }

  /// result = residual + bias in each row: what a product is then added to.
  package static func fill(
    _ result: MatrixView, residual: MatrixView, bias: UnsafePointer<Float>
  ) {
    precondition(result.rows == residual.rows && result.columns == residual.columns)
    for row in 0..<result.rows {
      let out = result.row(row)
      let x = UnsafePointer(residual.row(row))
      forEachVector(result.columns) { i, n in
        out.storeLanes(x.lanes(at: i, count: n) + bias.lanes(at: i, count: n), at: i, count: n)
      }
    }
  }

  /// target += addend.
  package static func add(
    _ addend: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    @inline(__always)
    func addLanes(_ i: Int, _ n: Int) {
      target.storeLanes(
        target.lanes(at: i, count: n) + addend.lanes(at: i, count: n), at: i, count: n)
    }
    forEachVector(count, addLanes)
  }

  /// Σ a · b.
  @inline(__always)
  static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    var sum = Vector.zero
    forEachVector(count) { i, n in
      sum = sum.addingProduct(a.lanes(at: i, count: n), b.lanes(at: i, count: n))
    }
    return sum.total
  }
}
