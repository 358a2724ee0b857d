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

  /// `count` floats (0..<8) and zeros after them. Not inlined: what builds a vector
  /// lane by lane would take the loop around it apart into lanes as well.
  @inline(never)
  func partialVector(at index: Int, count: Int) -> Vector {
    var vector = Vector.zero
    for lane in 0..<count { vector[lane] = self[index + lane] }
    return vector
  }
}

extension UnsafeMutablePointer<Float> {
  @inline(__always)
  func vector(at index: Int) -> Vector { UnsafePointer(self).vector(at: index) }

  @inline(__always)
  func partialVector(at index: Int, count: Int) -> Vector {
    UnsafePointer(self).partialVector(at: index, count: count)
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
