// The inside of every product: a strip of twelve rows times panels of sixteen columns, from operands that lie
// in the core's own caches as the loops read them. Who brings them there is not known here.

import WideKernels

/// c (12, 16 · panels) = a · b or c + a · b. Each element is one chain of fused multiply-adds in the order
/// of the depth, so its bits depend on nothing but its operands.
package struct StripProduct {
  /// Rows of a strip, columns of a panel.
  package static let (height, panelWidth) = (12, 16)
  /// Depths of a block of a strip of rows.
  package static let blockDepth = 16

  /// How a strip lies in memory.
  package enum Layout: Sendable {
    /// (depth / 16, 12, 16), the last block with or without something in all its places.
    case rows
    /// (depth, stride): twelve floats of each depth.
    case columns(stride: Int)
  }

  package var a: UnsafePointer<Float>
  package var layout: Layout
  /// Panel p is (depth, 16) from `b + p · panelStride`.
  package var b: UnsafePointer<Float>
  package var panels: Int
  package var panelStride: Int
  package var c: UnsafeMutablePointer<Float>
  /// Floats from one row of c to the next.
  package var cRow: Int
  package var depth: Int
  package var adding = false

  package init(
    _ a: UnsafePointer<Float>, _ layout: Layout, _ b: UnsafePointer<Float>, panels: Int,
    panelStride: Int, into c: UnsafeMutablePointer<Float>, cRow: Int, depth: Int,
    adding: Bool = false
  ) {
    (self.a, self.layout, self.b) = (a, layout, b)
    (self.panels, self.panelStride, self.c) = (panels, panelStride, c)
    (self.cRow, self.depth, self.adding) = (cRow, depth, adding)
  }

  package static func panels(of columns: Int) -> Int { (columns + panelWidth - 1) / panelWidth }
  package static func strips(of rows: Int) -> Int { (rows + height - 1) / height }

  /// Computes c; the registers choose no bit of it.
  package func multiply(onWideRegisters isWide: Bool = WideRegisters.arePresent) {
    switch (layout, isWide) {
    case (.rows, true):
      multiplyWideStrip(
        rows: a, b, panels: panels, panelStride: panelStride, into: c, cRow: cRow, depth: depth,
        adding: adding)
    case (.columns(let stride), true):
      multiplyWideStrip(
        columns: a, aDepth: stride, b, panels: panels, panelStride: panelStride, into: c,
        cRow: cRow, depth: depth, adding: adding)
    case (.rows, false):
      multiplyNarrowStrip(
        rows: a, b, panels: panels, panelStride: panelStride, into: c, cRow: cRow, depth: depth,
        adding: adding)
    case (.columns(let stride), false):
      multiplyNarrowStrip(
        columns: a, aDepth: stride, b, panels: panels, panelStride: panelStride, into: c,
        cRow: cRow, depth: depth, adding: adding)
    }
  }

  /// The definition: the same chains, one by one.
  package func multiplyByDefinition() {
    for row in 0..<Self.height {
      for column in 0..<panels * Self.panelWidth {
        let (panel, lane) = column.quotientAndRemainder(dividingBy: Self.panelWidth)
        var sum: Float = 0
        for k in 0..<depth {
          let left =
            switch layout {
            case .rows:
              a[(k / Self.blockDepth * Self.height + row) * Self.blockDepth + k % Self.blockDepth]
            case .columns(let stride): a[k * stride + row]
            }
          sum = sum.addingProduct(left, b[panel * panelStride + k * Self.panelWidth + lane])
        }
        let place = row * cRow + column
        c[place] = adding ? c[place] + sum : sum
      }
    }
  }
}
