// Questions to a run of values: how long it is as a vector, and whether all of it are numbers.

package enum VectorStatistics {
  /// Σ x² in double precision, in a fixed order.
  package static func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
    var low = SIMD4<Double>.zero
    var high = SIMD4<Double>.zero
    @inline(__always)
    func addSquares(_ i: Int, _ n: Int) {
      let x = values.lanes(at: i, count: n)
      let a = SIMD4<Double>(x.lowHalf)
      let b = SIMD4<Double>(x.highHalf)
      low = low.addingProduct(a, a)
      high = high.addingProduct(b, b)
    }
    forEachVector(count, addSquares)
    let sum = low + high
    return (sum[0] + sum[2]) + (sum[1] + sum[3])
  }

  /// Whether no value is infinite or not a number.
  package static func allFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool {
    // 0 · x is 0 for numbers and not a number for everything else, and that spreads to the sum.
    let zero = Vector()
    var sum = zero
    forEachVector(count) { i, n in
      sum = sum.addingProduct(values.lanes(at: i, count: n), zero)
    }
    return sum == zero
  }
}
