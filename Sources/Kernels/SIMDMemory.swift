// Eight floats at a time between memory and registers. A partial vector goes through the same
// arithmetic as a full one, so a value's bits do not depend on where a row happens to end.

typealias Vector = SIMD8<Float>

/// Floats of a `Vector`.
@inline(__always)
var vectorWidth: Int { 8 }

extension UnsafePointer<Float> {
  /// Eight floats from any address.
  @inline(__always)
  func vector(at index: Int) -> Vector {
    UnsafeRawPointer(self + index).loadUnaligned(as: Vector.self)
  }

  /// `count` floats (0..<8) and `fill` in the lanes after them. Not inlined: what builds a vector
  /// lane by lane would take the loop around it apart into lanes as well.
  @inline(never)
  func partialVector(at index: Int, count: Int, fill: Float = 0) -> Vector {
    var vector = Vector(repeating: fill)
    for lane in 0..<count { vector[lane] = self[index + lane] }
    return vector
  }
}

extension UnsafeMutablePointer<Float> {
  @inline(__always)
  func vector(at index: Int) -> Vector { UnsafePointer(self).vector(at: index) }

  @inline(__always)
  func partialVector(at index: Int, count: Int, fill: Float = 0) -> Vector {
    UnsafePointer(self).partialVector(at: index, count: count, fill: fill)
  }

  /// Eight floats to any address.
  @inline(__always)
  func store(_ vector: Vector, at index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: vector, as: Vector.self)
  }

  /// The first `count` lanes (0..<8).
  @inline(never)
  func storePartial(_ vector: Vector, at index: Int, count: Int) {
    for lane in 0..<count { self[index + lane] = vector[lane] }
  }
}

extension SIMD8<Float> {
  /// The sum of the lanes, always in the order ((0+4)+(2+6)) + ((1+5)+(3+7)).
  @inline(__always)
  var total: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }

  /// The largest lane; lanes that are not numbers are passed over.
  @inline(__always)
  var largest: Float {
    var result = -Float.infinity
    for lane in 0..<vectorWidth where self[lane] > result { result = self[lane] }
    return result
  }

  /// Lane by lane the larger one; `self` where `other` is not a number.
  @inline(__always)
  func larger(_ other: Self) -> Self { replacing(with: other, where: other .> self) }

  /// The lanes whose mask has all bits set; those of `other` where it has none.
  @inline(__always)
  func chosen(by mask: SIMD8<Int32>, else other: Self) -> Self {
    let (a, b) = (
      unsafeBitCast(self, to: SIMD8<Int32>.self), unsafeBitCast(other, to: SIMD8<Int32>.self)
    )
    return unsafeBitCast((a & mask) | (b & ~mask), to: Self.self)
  }

  /// The first `count` lanes; zero in the others.
  @inline(__always)
  func keeping(_ count: Int) -> Self { count == 8 ? self : keepingFirst(count) }

  @inline(never)
  private func keepingFirst(_ count: Int) -> Self {
    var result = Self()
    for lane in 0..<count { result[lane] = self[lane] }
    return result
  }
}

/// All bits set in the first `count` lanes, none in the others.
@inline(__always)
func lanesBelow(_ count: Int) -> SIMD8<Int32> {
  (SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7) &- Int32(count)) &>> 31
}

/// Calls `body(column, count)` for each run of eight columns, with count 8, and for the rest with
/// less.
///
/// The loop is fast when the body is inlined into it with the count known. A large closure is not:
/// make it a local function marked `@inline(__always)`.
@inline(__always)
func forEachVector(_ columns: Int, _ body: (_ column: Int, _ count: Int) -> Void) {
  var column = 0
  while column &+ vectorWidth <= columns {
    body(column, vectorWidth)
    column &+= vectorWidth
  }
  if column < columns { body(column, columns &- column) }
}

extension UnsafePointer<Float> {
  /// A full vector when `count` is 8, else a partial one.
  @inline(__always)
  func lanes(at index: Int, count: Int) -> Vector {
    count == 8 ? vector(at: index) : partialVector(at: index, count: count)
  }
}

extension UnsafeMutablePointer<Float> {
  /// A full vector when `count` is 8, else a partial one.
  @inline(__always)
  func lanes(at index: Int, count: Int) -> Vector {
    count == 8 ? vector(at: index) : partialVector(at: index, count: count)
  }

  /// All lanes when `count` is 8, else the first `count`.
  @inline(__always)
  func storeLanes(_ vector: Vector, at index: Int, count: Int) {
    if count == 8 {
      store(vector, at: index)
    } else {
      storePartial(vector, at: index, count: count)
    }
  }
}
