// Softmax of one row, as attention needs it: exponentials now, the division later.

enum Softmax {
  /// What turns a row of scores into weights: weight = exp(score − largest) · reciprocal.
  struct Row {
    var largest: Float
    var reciprocal: Float
  }

  /// scores = exp(scores − largest), in place; the caller multiplies by the reciprocal of their
  /// sum.
  ///
  /// The row lies in room for whole vectors: what is beyond `count` up to a multiple of 8 is
  /// overwritten.
  @inline(__always)
  static func exponentials(_ scores: UnsafeMutablePointer<Float>, count: Int) -> Row {
    let whole = count & ~7
    var largest = Vector(repeating: scores[0])
    var column = 0
    while column < whole {
      largest = largest.larger(scores.vector(at: column))
      column &+= vectorWidth
    }
    // The lanes beyond the end take a score of the row, which leaves the largest as it is.
    let present = lanesBelow(count - whole)
    if whole < count {
      let rest = scores.vector(at: whole).chosen(by: present, else: Vector(repeating: scores[0]))
      largest = largest.larger(rest)
      scores.store(rest, at: whole)
    }
    let shift = largest.largest
    var sum = Vector.zero
    column = 0
    while column < whole {
      let e = exponential(scores.vector(at: column) - shift)
      sum += e
      scores.store(e, at: column)
      column &+= vectorWidth
    }
    if whole < count {
      let e = exponential(scores.vector(at: whole) - shift).chosen(by: present, else: .zero)
      sum += e
      scores.store(e, at: whole)
    }
    return Row(largest: shift, reciprocal: 1 / sum.total)
  }

  /// scores = exp(scores − largest) · reciprocal, in place: the weights of `exponentials` once more;
  /// weightGradient = weights · (weightGradient − product), in place: the gradient of the scores,
  /// where product is Σ weights · weightGradient. Both rows lie in room for whole vectors.
  @inline(__always)
  static func backward(
    scores: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>, count: Int,
    _ row: Row, product: Float
  ) {
    var i = 0
    while i < count {
      let weight = exponential(scores.vector(at: i) - row.largest) * row.reciprocal
      scores.store(weight, at: i)
      weightGradient.store(weight * (weightGradient.vector(at: i) - product), at: i)
      i &+= vectorWidth
    }
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
