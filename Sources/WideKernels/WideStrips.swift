// The loops of `StripProduct` on 512-bit registers: twelve rows and two panels at a time, which is 24 of the
// 32 registers for sums. Each sum is the same chain of fused multiply-adds as on narrow registers, so
// the bits are equal.

import CProcessor

/// `StripProduct` for a strip in blocks of 16 depths, (depth / 16, 12, 16).
@inline(never)
public func multiplyWideStrip(
  rows a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, panels: Int, panelStride: Int,
  into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 16, 1, b, panels, panelStride, c, cRow, depth, adding)
}

/// `StripProduct` for a strip that lies depth by depth, `aDepth` floats apart.
@inline(never)
public func multiplyWideStrip(
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
  var (b, c) = (b, c)
  for _ in 0..<panels / 2 {
    multiplyPair(a, aRow, aDepth, blockStep, b, b + panelStride, c, cRow, depth, adding)
    b += 2 &* panelStride
    c += 32
  }
  if panels % 2 == 1 { multiplySingle(a, aRow, aDepth, blockStep, b, c, cRow, depth, adding) }
}

@inline(__always)
private func multiplyPair(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ blockStep: Int,
  _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
  _ cRow: Int, _ depth: Int, _ adding: Bool
) {
  if adding {
    for row in 0..<12 {
      prefetch(c + row &* cRow)
      prefetch(c + (row &* cRow &+ 16))
    }
  }
  var (left, right) = (PanelSums(), PanelSums())
  var (a, b, nextB, rest) = (a, b, nextB, depth)
  while rest > 0 {
    var inBlock = min(rest, 16)
    rest &-= inBlock
    var place = a
    while inBlock > 0 {
      prefetch(b + 256)
      prefetch(nextB + 256)
      let (p, q) = (load(b), load(nextB))
      left.upper.add(place, aRow, p)
      right.upper.add(place, aRow, q)
      left.lower.add(place + 6 &* aRow, aRow, p)
      right.lower.add(place + 6 &* aRow, aRow, q)
      place += aDepth
      b += 16
      nextB += 16
      inBlock &-= 1
    }
    a += blockStep
  }
  left.store(to: c, cRow, adding: adding)
  right.store(to: c + 16, cRow, adding: adding)
}

/// The last panel of an odd number.
@inline(__always)
private func multiplySingle(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ blockStep: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int,
  _ adding: Bool
) {
  var sums = PanelSums()
  var (a, b, rest) = (a, b, depth)
  while rest > 0 {
    var inBlock = min(rest, 16)
    rest &-= inBlock
    var place = a
    while inBlock > 0 {
      let p = load(b)
      sums.upper.add(place, aRow, p)
      sums.lower.add(place + 6 &* aRow, aRow, p)
      place += aDepth
      b += 16
      inBlock &-= 1
    }
    a += blockStep
  }
  sums.store(to: c, cRow, adding: adding)
}

private typealias Panel = SIMD16<Float>

/// Sums of twelve rows of a panel.
private struct PanelSums {
  var (upper, lower) = (SixSums(), SixSums())

  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, _ cRow: Int, adding: Bool) {
    upper.store(to: c, cRow, adding: adding)
    lower.store(to: c + 6 &* cRow, cRow, adding: adding)
  }
}

/// Sums of six rows of a panel, named one by one so that they stay in registers.
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
