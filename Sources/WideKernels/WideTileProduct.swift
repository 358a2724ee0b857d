// The loops of `TileProduct` for machines with 512-bit registers. This module alone is compiled for
// x86-64-v4: nothing in it may run before the machine was asked, and nothing else belongs in it.

import CProcessor

/// c = a · b, or c + a · b, with operands as in `TileProduct`: twelve rows and two panels at a time,
/// which is 24 of the 32 registers for sums.
///
/// Each sum is the same chain of fused multiply-adds as there, so the bits are equal. A function
/// and no type: a type's helpers could be shared with modules that run on other machines.
///
/// - Precondition: `rows` is a multiple of 6; the machine has 512-bit registers.
@inline(never)
public func multiplyWideTiles(
  a: UnsafePointer<Float>, aRow: Int, aDepth: Int, b: UnsafePointer<Float>,
  bDepth: Int, bPanel: Int, c: UnsafeMutablePointer<Float>, cRow: Int, rows: Int, panels: Int,
  depth: Int, adding: Bool
) {
  var panel = 0
  while panel < panels {
    let right = b + panel &* bPanel
    let isPair = panel &+ 1 < panels
    var row = 0
    var left = a
    while row < rows {
      let result = c + (row &* cRow &+ panel &* 16)
      if isPair && row &+ 12 <= rows {
        multiplyTwelve(
          left, left + 3 &* aRow, left + 6 &* aRow, left + 9 &* aRow, aRow, aDepth, right,
          right + bPanel, bDepth, result, cRow, depth: depth, adding: adding)
        row &+= 12
        left += 12 &* aRow
      } else {
        multiplySix(
          left, left + 3 &* aRow, aRow, aDepth, right, isPair ? right + bPanel : nil, bDepth,
          result, cRow, depth: depth, adding: adding)
        row &+= 6
        left += 6 &* aRow
      }
    }
    panel &+= 2
  }
}

private typealias Panel = SIMD16<Float>

/// Sums of six rows of a panel.
private struct Sums {
  var (s0, s1, s2) = (Panel.zero, Panel.zero, Panel.zero)
  var (s3, s4, s5) = (Panel.zero, Panel.zero, Panel.zero)

  /// Adds the products of one depth: rows 0…2 of a lie from `a0`, rows 3…5 from `a3`.
  @inline(__always)
  mutating func add(
    _ a0: UnsafePointer<Float>, _ a3: UnsafePointer<Float>, _ aRow: Int, _ b: Panel
  ) {
    s0 = s0.addingProduct(Panel(repeating: a0[0]), b)
    s1 = s1.addingProduct(Panel(repeating: a0[aRow]), b)
    s2 = s2.addingProduct(Panel(repeating: a0[2 &* aRow]), b)
    s3 = s3.addingProduct(Panel(repeating: a3[0]), b)
    s4 = s4.addingProduct(Panel(repeating: a3[aRow]), b)
    s5 = s5.addingProduct(Panel(repeating: a3[2 &* aRow]), b)
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

/// Twelve rows of a strip times two panels: the inside of large products. The strip lies in blocks
/// of 8 depths, (depth / 8, 12, 8), so that every address is a constant beyond one of three
/// pointers.
@inline(never)
public func multiplyWideStrip(
  rows a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>,
  into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 8, 1, b, nextB, c, cRow, depth, adding)
}

/// The same with a strip that lies depth by depth, (depth, 12).
@inline(never)
public func multiplyWideStrip(
  columns a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>,
  into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int, adding: Bool
) {
  multiplyStrip(a, 1, 12, b, nextB, c, cRow, depth, adding)
}

@inline(__always)
private func multiplyStrip(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>,
  _ nextB: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int,
  _ adding: Bool
) {
  if adding {
    for row in 0..<12 {
      prefetch(c + row &* cRow)
      prefetch(c + (row &* cRow &+ 16))
    }
  }
  var sums = StripSums()
  var (a, b, nextB) = (a, b, nextB)
  var rest = depth
  while rest > 0 {
    var inBlock = min(rest, 8)
    rest &-= inBlock
    var place = a
    while inBlock > 0 {
      sums.add(place, aRow, b, nextB)
      place += aDepth
      b += 16
      nextB += 16
      inBlock &-= 1
    }
    a += 96
  }
  sums.store(to: c, cRow, adding: adding)
}

/// Sums of twelve rows of two panels.
private struct StripSums {
  var (upperLeft, upperRight, lowerLeft, lowerRight) = (Sums(), Sums(), Sums(), Sums())

  @inline(__always)
  mutating func add(
    _ a: UnsafePointer<Float>, _ aRow: Int, _ b: UnsafePointer<Float>,
    _ nextB: UnsafePointer<Float>
  ) {
    prefetch(b + 256)
    prefetch(nextB + 256)
    let (left, right) = (load(b), load(nextB))
    upperLeft.add(a, a + 3 &* aRow, aRow, left)
    upperRight.add(a, a + 3 &* aRow, aRow, right)
    lowerLeft.add(a + 6 &* aRow, a + 9 &* aRow, aRow, left)
    lowerRight.add(a + 6 &* aRow, a + 9 &* aRow, aRow, right)
  }

  @inline(__always)
  func store(to c: UnsafeMutablePointer<Float>, _ cRow: Int, adding: Bool) {
    upperLeft.store(to: c, cRow, adding: adding)
    upperRight.store(to: c + 16, cRow, adding: adding)
    lowerLeft.store(to: c + 6 &* cRow, cRow, adding: adding)
    lowerRight.store(to: c + (6 &* cRow &+ 16), cRow, adding: adding)
  }
}

/// The rows' addresses come one by one and not inlined: told how they hang together, the compiler
/// makes each from the one before, and the loop waits for that.
@inline(never)
private func multiplyTwelve(
  _ a0: UnsafePointer<Float>, _ a3: UnsafePointer<Float>, _ a6: UnsafePointer<Float>,
  _ a9: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>,
  _ nextB: UnsafePointer<Float>, _ bDepth: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int,
  depth: Int, adding: Bool
) {
  var (upperLeft, upperRight, lowerLeft, lowerRight) = (Sums(), Sums(), Sums(), Sums())
  var (a0, a3, a6, a9, b, nextB) = (a0, a3, a6, a9, b, nextB)
  var rest = depth
  while rest > 0 {
    let (left, right) = (load(b), load(nextB))
    upperLeft.add(a0, a3, aRow, left)
    upperRight.add(a0, a3, aRow, right)
    lowerLeft.add(a6, a9, aRow, left)
    lowerRight.add(a6, a9, aRow, right)
    a0 += aDepth
    a3 += aDepth
    a6 += aDepth
    a9 += aDepth
    b += bDepth
    nextB += bDepth
    rest &-= 1
  }
  upperLeft.store(to: c, cRow, adding: adding)
  upperRight.store(to: c + 16, cRow, adding: adding)
  lowerLeft.store(to: c + 6 &* cRow, cRow, adding: adding)
  lowerRight.store(to: c + (6 &* cRow &+ 16), cRow, adding: adding)
}

/// The last six rows of two panels, or six of a panel that has no partner.
@inline(never)
private func multiplySix(
  _ a0: UnsafePointer<Float>, _ a3: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int,
  _ b: UnsafePointer<Float>, _ nextB: UnsafePointer<Float>?, _ bDepth: Int,
  _ c: UnsafeMutablePointer<Float>, _ cRow: Int, depth: Int, adding: Bool
) {
  var (left, right) = (Sums(), Sums())
  var (a0, a3, b) = (a0, a3, b)
  var rest = depth
  if var nextB {
    while rest > 0 {
      left.add(a0, a3, aRow, load(b))
      right.add(a0, a3, aRow, load(nextB))
      a0 += aDepth
      a3 += aDepth
      b += bDepth
      nextB += bDepth
      rest &-= 1
    }
    right.store(to: c + 16, cRow, adding: adding)
  } else {
    while rest > 0 {
      left.add(a0, a3, aRow, load(b))
      a0 += aDepth
      a3 += aDepth
      b += bDepth
      rest &-= 1
    }
  }
  left.store(to: c, cRow, adding: adding)
}

@inline(__always)
private func load(_ place: UnsafePointer<Float>) -> Panel {
  UnsafeRawPointer(place).loadUnaligned(as: Panel.self)
}

@inline(__always)
private func write(_ sums: Panel, _ place: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(place).storeBytes(of: sums, as: Panel.self)
}
