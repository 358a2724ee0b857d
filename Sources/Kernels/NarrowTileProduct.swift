// The inner loops of products for machines with 256-bit registers: six rows and one panel of 16 columns
// at a time, which is 12 of the 16 registers for sums.

import CProcessor

/// c (6, 16) = a · b or c + a · b for the operands of `TileProduct`; rows 0…2 of a lie from `a0`, rows
/// 3…5 from `a3`.
///
/// The addresses come apart, and the function is not inlined: told how they hang together, the
/// compiler makes each from the one before, and the loop waits for that.
@inline(never)
func multiplyNarrowTile(
  _ a0: UnsafePointer<Float>, _ a3: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int,
  _ b: UnsafePointer<Float>, _ bDepth: Int, into c: UnsafeMutablePointer<Float>, _ cRow: Int,
  depth: Int, adding: Bool
) {
  var sums = NarrowSums()
  var (a0, a3, b, rest) = (a0, a3, b, depth)
  while rest > 0 {
    sums.add(a0, a3, aRow, b)
    a0 += aDepth
    a3 += aDepth
    b += bDepth
    rest &-= 1
  }
  sums.store(to: c, cRow, adding: adding)
}

/// Twelve rows of a strip, (depth / 8, 12, 8), times two panels.
@inline(never)
func multiplyNarrowStrip(
  rows a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>,
  into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 8, 1, b, c, cRow, depth, adding)
  multiplyStrip(a, 8, 1, nextB, c + 16, cRow, depth, adding)
}

/// The same with a strip that lies depth by depth, (depth, 12).
@inline(never)
func multiplyNarrowStrip(
  columns a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>,
  into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 1, 12, b, c, cRow, depth, adding)
  multiplyStrip(a, 1, 12, nextB, c + 16, cRow, depth, adding)
}

@inline(__always)
private func multiplyStrip(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  for half in 0..<2 {
    let target = c + 6 &* half &* cRow
    if adding {
      for row in 0..<6 { prefetch(target + row &* cRow) }
    }
    var sums = NarrowSums()
    var (a, b, rest) = (a + 6 &* half &* aRow, b, depth)
    while rest > 0 {
      var inBlock = min(rest, 8)
      rest &-= inBlock
      var place = a
      while inBlock > 0 {
        prefetch(b + 256)
        sums.add(place, place + 3 &* aRow, aRow, b)
        place += aDepth
        b += 16
        inBlock &-= 1
      }
      a += 96
    }
    sums.store(to: target, cRow, adding: adding)
  }
}

/// Sums of six rows of a panel, named one by one so that they stay in registers.
private struct NarrowSums {
  private var (c00, c01, c10, c11) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  private var (c20, c21, c30, c31) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  private var (c40, c41, c50, c51) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)

  /// Adds the products of one depth.
  @inline(__always)
  mutating func add(
    _ upper: UnsafePointer<Float>, _ lower: UnsafePointer<Float>, _ aRow: Int,
    _ b: UnsafePointer<Float>
  ) {
    let (b0, b1) = (b.vector(at: 0), b.vector(at: 8))
    let a0 = Vector(repeating: upper[0])
    c00 = c00.addingProduct(a0, b0)
    c01 = c01.addingProduct(a0, b1)
    let a1 = Vector(repeating: upper[aRow])
    c10 = c10.addingProduct(a1, b0)
    c11 = c11.addingProduct(a1, b1)
    let a2 = Vector(repeating: upper[2 &* aRow])
    c20 = c20.addingProduct(a2, b0)
    c21 = c21.addingProduct(a2, b1)
    let a3 = Vector(repeating: lower[0])
    c30 = c30.addingProduct(a3, b0)
    c31 = c31.addingProduct(a3, b1)
    let a4 = Vector(repeating: lower[aRow])
    c40 = c40.addingProduct(a4, b0)
    c41 = c41.addingProduct(a4, b1)
    let a5 = Vector(repeating: lower[2 &* aRow])
    c50 = c50.addingProduct(a5, b0)
    c51 = c51.addingProduct(a5, b1)
  }

  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, _ cRow: Int, adding: Bool) {
    store(c00, c01, c, adding)
    store(c10, c11, c + cRow, adding)
    store(c20, c21, c + 2 &* cRow, adding)
    store(c30, c31, c + 3 &* cRow, adding)
    store(c40, c41, c + 4 &* cRow, adding)
    store(c50, c51, c + 5 &* cRow, adding)
  }

  @inline(__always)
  private func store(
    _ left: Vector, _ right: Vector, _ c: UnsafeMutablePointer<Float>, _ adding: Bool
  ) {
    if adding {
      c.store(c.vector(at: 0) + left, at: 0)
      c.store(c.vector(at: 8) + right, at: 8)
    } else {
      c.store(left, at: 0)
      c.store(right, at: 8)
    }
  }
}
