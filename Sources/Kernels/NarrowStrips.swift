// The loops of `StripProduct` on 256-bit registers: six rows and one panel at a time, which is 12 of the 16
// registers for sums.

import CProcessor

/// `StripProduct` for a strip in blocks of 16 depths, (depth / 16, 12, 16).
@inline(never)
func multiplyNarrowStrip(
  rows a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, panels: Int, panelStride: Int,
  into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 16, 1, b, panels, panelStride, c, cRow, depth, adding)
}

/// `StripProduct` for a strip that lies depth by depth, `aDepth` floats apart.
@inline(never)
func multiplyNarrowStrip(
  columns a: UnsafePointer<Float>, aDepth: Int, _ b: UnsafePointer<Float>, panels: Int,
  panelStride: Int, into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 1, aDepth, b, panels, panelStride, c, cRow, depth, adding)
}

@inline(__always)
private func multiplyStrip(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>, _ panels: Int,
  _ panelStride: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  // The floats of 16 depths of a strip.
  let blockStep = aRow == 1 ? 16 &* aDepth : 192
  for panel in 0..<panels {
    let right = b + panel &* panelStride
    for half in 0..<2 {
      let target = c + (6 &* half &* cRow &+ 16 &* panel)
      multiplySix(
        a + 6 &* half &* aRow, aRow, aDepth, blockStep, right, target, cRow, depth, adding)
    }
  }
}

@inline(__always)
private func multiplySix(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ blockStep: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int,
  _ adding: Bool
) {
  if adding {
    for row in 0..<6 { prefetch(c + row &* cRow) }
  }
  var sums = SixSums()
  var (a, b, rest) = (a, b, depth)
  while rest > 0 {
    var inBlock = min(rest, 16)
    rest &-= inBlock
    var place = a
    while inBlock > 0 {
      prefetch(b + 256)
      sums.add(place, aRow, b)
      place += aDepth
      b += 16
      inBlock &-= 1
    }
    a += blockStep
  }
  sums.store(to: c, cRow, adding: adding)
}

/// Sums of six rows of a panel, named one by one so that they stay in registers.
private struct SixSums {
  private var (c00, c01, c10, c11) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  private var (c20, c21, c30, c31) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  private var (c40, c41, c50, c51) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)

  /// Adds the products of one depth.
  @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ aRow: Int, _ b: UnsafePointer<Float>) {
    let (b0, b1) = (b.vector(at: 0), b.vector(at: 8))
    let a0 = Vector(repeating: a[0])
    c00 = c00.addingProduct(a0, b0)
    c01 = c01.addingProduct(a0, b1)
    let a1 = Vector(repeating: a[aRow])
    c10 = c10.addingProduct(a1, b0)
    c11 = c11.addingProduct(a1, b1)
    let a2 = Vector(repeating: a[2 &* aRow])
    c20 = c20.addingProduct(a2, b0)
    c21 = c21.addingProduct(a2, b1)
    let a3 = Vector(repeating: a[3 &* aRow])
    c30 = c30.addingProduct(a3, b0)
    c31 = c31.addingProduct(a3, b1)
    let a4 = Vector(repeating: a[4 &* aRow])
    c40 = c40.addingProduct(a4, b0)
    c41 = c41.addingProduct(a4, b1)
    let a5 = Vector(repeating: a[5 &* aRow])
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
