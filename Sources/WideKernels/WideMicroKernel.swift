// The micro-kernel on 512-bit registers: two micro-tiles at a time, twelve rows of two micro-panels
// of B, which is 24 of the 32 registers for sums. Each sum is the same chain of fused multiply-adds
// as on narrow registers, so the bits are equal.

import CProcessor

/// c (MR, NR · panels) = a · b, or c + a · b when `adding`, for a micro-panel of A in groups of
/// depths, (depth / 16, MR, 16).
///
/// - Parameters:
///   - panels, panelStride: micro-panel p of B is (depth, NR) from `b + p · panelStride`.
///   - cRow: floats from one row of c to the next.
@inline(never)
package func multiplyWide(
  grouped a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ panels: Int, _ panelStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  multiplyPanels(
    a, MicroTile.groupDepth, 1, b, panels, panelStride, c, cRow, depth, adding)
}

/// The same for a micro-panel of A that lies depth by depth, `aDepth` floats apart.
@inline(never)
package func multiplyWide(
  depthMajor a: UnsafePointer<Float>, _ aDepth: Int, _ b: UnsafePointer<Float>, _ panels: Int,
  _ panelStride: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  multiplyPanels(a, 1, aDepth, b, panels, panelStride, c, cRow, depth, adding)
}

/// Rows of half a micro-tile, whose sums are named together.
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
  var (b, c) = (b, c)
  for _ in 0..<panels / 2 {
    multiplyPair(a, aRow, aDepth, groupStep, b, b + panelStride, c, cRow, depth, adding)
    b += 2 &* panelStride
    c += 2 &* MicroTile.nr
  }
  if panels % 2 == 1 { multiplySingle(a, aRow, aDepth, groupStep, b, c, cRow, depth, adding) }
}

@inline(__always)
private func multiplyPair(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ groupStep: Int,
  _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
  _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  if adding {
    for row in 0..<MicroTile.mr {
      prefetch(c + row &* cRow)
      prefetch(c + (row &* cRow &+ MicroTile.nr))
    }
  }
  var (left, right) = (PanelSums(), PanelSums())
  var (a, b, nextB, rest) = (a, b, nextB, depth)
  while rest > 0 {
    var inGroup = min(rest, MicroTile.groupDepth)
    rest &-= inGroup
    var place = a
    while inGroup > 0 {
      prefetch(b + prefetchDistance)
      prefetch(nextB + prefetchDistance)
      let (p, q) = (load(b), load(nextB))
      left.upper.add(place, aRow, p)
      right.upper.add(place, aRow, q)
      left.lower.add(place + halfRows &* aRow, aRow, p)
      right.lower.add(place + halfRows &* aRow, aRow, q)
      place += aDepth
      b += MicroTile.nr
      nextB += MicroTile.nr
      inGroup &-= 1
    }
    a += groupStep
  }
  left.store(to: c, cRow, adding: adding)
  right.store(to: c + MicroTile.nr, cRow, adding: adding)
}

/// The last micro-panel of an odd number.
@inline(__always)
private func multiplySingle(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ groupStep: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int,
  _ adding: Bool
) {
  var sums = PanelSums()
  var (a, b, rest) = (a, b, depth)
  while rest > 0 {
    var inGroup = min(rest, MicroTile.groupDepth)
    rest &-= inGroup
    var place = a
    while inGroup > 0 {
      let p = load(b)
      sums.upper.add(place, aRow, p)
      sums.lower.add(place + halfRows &* aRow, aRow, p)
      place += aDepth
      b += MicroTile.nr
      inGroup &-= 1
    }
    a += groupStep
  }
  sums.store(to: c, cRow, adding: adding)
}

private typealias Panel = SIMD16<Float>

/// Sums of twelve rows of a micro-panel of B.
private struct PanelSums {
  var (upper, lower) = (SixSums(), SixSums())

  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, _ cRow: Int, adding: Bool) {
    upper.store(to: c, cRow, adding: adding)
    lower.store(to: c + halfRows &* cRow, cRow, adding: adding)
  }
}

/// Sums of six rows of a micro-panel of B, named one by one so that they stay in registers.
private struct SixSums {
  private var (s0, s1, s2) = (Panel.zero, Panel.zero, Panel.zero)
  private var (s3, s4, s5) = (Panel.zero, Panel.zero, Panel.zero)

  /// Adds the products of one depth.
  @inline(__always)
  mutating func add(_ a: UnsafePointer<Float>, _ aRow: Int, _ b: Panel) {
    s0 = s0.addingProduct(Panel(repeating: a[0]), b)
    s1 = s1.addingProduct(Panel(repeating: a[aRow]), b)
    s2 = s2.addingProduct(Panel(repeating: a[2 &* aRow]), b)
    s3 = s3.addingProduct(Panel(repeating: a[3 &* aRow]), b)
    s4 = s4.addingProduct(Panel(repeating: a[4 &* aRow]), b)
    s5 = s5.addingProduct(Panel(repeating: a[5 &* aRow]), b)
  }

  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, _ cRow: Int, adding: Bool) {
    if adding {
      write(load(c) + s0, c)
      write(load(c + cRow) + s1, c + cRow)
      write(load(c + 2 &* cRow) + s2, c + 2 &* cRow)
      write(load(c + 3 &* cRow) + s3, c + 3 &* cRow)
      write(load(c + 4 &* cRow) + s4, c + 4 &* cRow)
      write(load(c + 5 &* cRow) + s5, c + 5 &* cRow)
    } else {
      write(s0, c)
      write(s1, c + cRow)
      write(s2, c + 2 &* cRow)
      write(s3, c + 3 &* cRow)
      write(s4, c + 4 &* cRow)
      write(s5, c + 5 &* cRow)
    }
  }
}

@inline(__always)
private func load(_ place: UnsafePointer<Float>) -> Panel {
  UnsafeRawPointer(place).loadUnaligned(as: Panel.self)
}

@inline(__always)
private func write(_ sums: Panel, _ place: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(place).storeBytes(of: sums, as: Panel.self)
}
