// The micro-kernel on 256-bit registers: half a micro-tile at a time, six rows of one micro-panel
// of B, which is 12 of the 16 registers for sums.

import CProcessor

/// `MicroPanelProduct` for a micro-panel of A in groups of depths.
@inline(never)
func multiplyNarrow(
  grouped a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ panels: Int, _ panelStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  multiplyPanels(
    a, MicroTile.groupDepth, 1, b, panels, panelStride, c, cRow, depth, adding)
}

/// `MicroPanelProduct` for a micro-panel of A that lies depth by depth, `aDepth` floats apart.
@inline(never)
func multiplyNarrow(
  depthMajor a: UnsafePointer<Float>, _ aDepth: Int, _ b: UnsafePointer<Float>, _ panels: Int,
  _ panelStride: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  multiplyPanels(a, 1, aDepth, b, panels, panelStride, c, cRow, depth, adding)
}

/// Rows that are multiplied at a time.
@inline(__always)
private var halfRows: Int { MicroTile.mr / 2 }

/// Floats ahead of the present one that are asked for in a micro-panel of B: 1 KiB.
@inline(__always)
private var prefetchDistance: Int { 256 }

@inline(__always)
private func multiplyPanels(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>, _ panels: Int,
  _ panelStride: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  // Floats from one group of depths to the next.
  let groupStep = aRow == 1 ? MicroTile.groupDepth &* aDepth : MicroTile.groupFloats
  for panel in 0..<panels {
    let right = b + panel &* panelStride
    for half in 0..<2 {
      let target = c + (halfRows &* half &* cRow &+ MicroTile.nr &* panel)
      multiplyHalf(
        a + halfRows &* half &* aRow, aRow, aDepth, groupStep, right, target, cRow, depth, adding)
    }
  }
}

@inline(__always)
private func multiplyHalf(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ groupStep: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int,
  _ adding: Bool
) {
  if adding {
    for row in 0..<halfRows { prefetch(c + row &* cRow) }
  }
  var sums = SixSums()
  var (a, b, rest) = (a, b, depth)
  while rest > 0 {
    var inGroup = min(rest, MicroTile.groupDepth)
    rest &-= inGroup
    var place = a
    while inGroup > 0 {
      prefetch(b + prefetchDistance)
      sums.add(place, aRow, b)
      place += aDepth
      b += MicroTile.nr
      inGroup &-= 1
    }
    a += groupStep
  }
  sums.store(to: c, cRow, adding: adding)
}

/// Sums of six rows of a micro-panel of B, named one by one so that they stay in registers.
private struct SixSums {
  private var (c00, c01, c10, c11) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  private var (c20, c21, c30, c31) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  private var (c40, c41, c50, c51) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)

  /// Adds the products of one depth.
  @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ aRow: Int, _ b: UnsafePointer<Float>) {
    let (b0, b1) = (b.vector(at: 0), b.vector(at: vectorWidth))
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
      c.store(c.vector(at: vectorWidth) + right, at: vectorWidth)
    } else {
      c.store(left, at: 0)
      c.store(right, at: vectorWidth)
    }
  }
}
