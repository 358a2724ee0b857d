// The loops of `TileProduct` for machines with 512-bit registers. This module alone is compiled for
// x86-64-v4: nothing in it may run before the machine was asked, and nothing else belongs in it.

/// c = a · b, or c + a · b, with operands as in `TileProduct`: six rows and two panels at a time.
///
/// Each sum is the same chain of fused multiply-adds as there, so the bits are equal. A function
/// and no type: a type's helpers could be shared with modules that run on other machines.
///
/// - Precondition: `rows` is a multiple of 6; the machine has 512-bit registers.
@inline(never)
public func multiplyWideTiles(
  a: UnsafePointer<Float>, aRow: Int, aDepth: Int, b: UnsafePointer<Float>, bDepth: Int,
  bPanel: Int, c: UnsafeMutablePointer<Float>, cRow: Int, rows: Int, panels: Int, depth: Int,
  adding: Bool
) {
  var panel = 0
  while panel < panels {
    let isPair = panel &+ 1 < panels
    var row = 0
    while row < rows {
      let (left, right) = (a + row &* aRow, b + panel &* bPanel)
      let result = c + (row &* cRow &+ panel &* 16)
      if isPair {
        pairStrip(
          left, aRow, aDepth, right, bDepth, bPanel, result, cRow, depth: depth, adding: adding)
      } else {
        strip(left, aRow, aDepth, right, bDepth, result, cRow, depth: depth, adding: adding)
      }
      row &+= 6
    }
    panel &+= 2
  }
}

private typealias Panel = SIMD16<Float>

@inline(never)
private func pairStrip(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>,
  _ bDepth: Int, _ bPanel: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, depth: Int,
  adding: Bool
) {
  var (c00, c01, c10, c11) = (Panel.zero, Panel.zero, Panel.zero, Panel.zero)
  var (c20, c21, c30, c31) = (Panel.zero, Panel.zero, Panel.zero, Panel.zero)
  var (c40, c41, c50, c51) = (Panel.zero, Panel.zero, Panel.zero, Panel.zero)
  var (a, b) = (a, b)
  let row = aRow
  var rest = depth
  while rest > 0 {
    let (b0, b1) = (load(b), load(b + bPanel))
    let a0 = Panel(repeating: a[0])
    c00 = c00.addingProduct(a0, b0)
    c01 = c01.addingProduct(a0, b1)
    let a1 = Panel(repeating: a[row])
    c10 = c10.addingProduct(a1, b0)
    c11 = c11.addingProduct(a1, b1)
    let a2 = Panel(repeating: a[2 &* row])
    c20 = c20.addingProduct(a2, b0)
    c21 = c21.addingProduct(a2, b1)
    let a3 = Panel(repeating: a[3 &* row])
    c30 = c30.addingProduct(a3, b0)
    c31 = c31.addingProduct(a3, b1)
    let a4 = Panel(repeating: a[4 &* row])
    c40 = c40.addingProduct(a4, b0)
    c41 = c41.addingProduct(a4, b1)
    let a5 = Panel(repeating: a[5 &* row])
    c50 = c50.addingProduct(a5, b0)
    c51 = c51.addingProduct(a5, b1)
    a += aDepth
    b += bDepth
    rest &-= 1
  }
  store(c00, c, adding)
  store(c01, c + 16, adding)
  store(c10, c + cRow, adding)
  store(c11, c + (cRow &+ 16), adding)
  store(c20, c + 2 &* cRow, adding)
  store(c21, c + (2 &* cRow &+ 16), adding)
  store(c30, c + 3 &* cRow, adding)
  store(c31, c + (3 &* cRow &+ 16), adding)
  store(c40, c + 4 &* cRow, adding)
  store(c41, c + (4 &* cRow &+ 16), adding)
  store(c50, c + 5 &* cRow, adding)
  store(c51, c + (5 &* cRow &+ 16), adding)
}

/// A last panel that has no partner.
@inline(never)
private func strip(
  _ a: UnsafePointer<Float>, _ aRow: Int, _ aDepth: Int, _ b: UnsafePointer<Float>,
  _ bDepth: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, depth: Int, adding: Bool
) {
  var (c0, c1, c2) = (Panel.zero, Panel.zero, Panel.zero)
  var (c3, c4, c5) = (Panel.zero, Panel.zero, Panel.zero)
  var (a, b) = (a, b)
  var rest = depth
  while rest > 0 {
    let b0 = load(b)
    c0 = c0.addingProduct(Panel(repeating: a[0]), b0)
    c1 = c1.addingProduct(Panel(repeating: a[aRow]), b0)
    c2 = c2.addingProduct(Panel(repeating: a[2 &* aRow]), b0)
    c3 = c3.addingProduct(Panel(repeating: a[3 &* aRow]), b0)
    c4 = c4.addingProduct(Panel(repeating: a[4 &* aRow]), b0)
    c5 = c5.addingProduct(Panel(repeating: a[5 &* aRow]), b0)
    a += aDepth
    b += bDepth
    rest &-= 1
  }
  store(c0, c, adding)
  store(c1, c + cRow, adding)
  store(c2, c + 2 &* cRow, adding)
  store(c3, c + 3 &* cRow, adding)
  store(c4, c + 4 &* cRow, adding)
  store(c5, c + 5 &* cRow, adding)
}

@inline(__always)
private func load(_ place: UnsafePointer<Float>) -> Panel {
  UnsafeRawPointer(place).loadUnaligned(as: Panel.self)
}

@inline(__always)
private func store(_ sums: Panel, _ place: UnsafeMutablePointer<Float>, _ adding: Bool) {
  let value = adding ? load(place) + sums : sums
  UnsafeMutableRawPointer(place).storeBytes(of: value, as: Panel.self)
}
