// Softmax of one row, as attention needs it: exponentials now, the division later.

enum Softmax {
  /// What turns a row of scores into weights: weight = exp(score − largest) · reciprocal.
  struct Row {
    var largest: Float
    var reciprocal: Float
  }

  /// scores = exp(scores − largest), in place; the caller multiplies by the reciprocal of their
  /// sum.
  @inline(__always)
  static func exponentials(_ scores: UnsafeMutablePointer<Float>, count: Int) -> Row {
    let whole = count / vectorWidth * vectorWidth
    var largest = Vector(repeating: -.infinity)
    var column = 0
    while column < whole {
      largest = largest.larger(scores.vector(at: column))
      column += vectorWidth
    }
    if whole < count {
      largest = largest.larger(
        scores.partialVector(at: whole, count: count - whole, fill: -.infinity))
    }
    let shift = largest.largest
    var sum = Vector.zero
    forEachVector(count) { i, n in
      let e = exponential(scores.lanes(at: i, count: n) - shift).keeping(n)
      sum += e
      scores.storeLanes(e, at: i, count: n)
    }
    return Row(largest: shift, reciprocal: 1 / sum.total)
  }

  /// scores = exp(scores − largest) · reciprocal, in place: the weights of `exponentials` once more;
  /// weightGradient = weights · (weightGradient − product), in place: the gradient of the scores,
  /// where product is Σ weights · weightGradient.
  @inline(__always)
  static func backward(
    scores: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>, count: Int,
    _ row: Row, product: Float
  ) {
    @inline(__always)
    func differentiate(_ i: Int, _ n: Int) {
      let weight = exponential(scores.lanes(at: i, count: n) - row.largest) * row.reciprocal
      let gradient = weight * (weightGradient.lanes(at: i, count: n) - product)
      scores.storeLanes(weight, at: i, count: n)
      weightGradient.storeLanes(gradient, at: i, count: n)
    }
    forEachVector(count, differentiate)
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
