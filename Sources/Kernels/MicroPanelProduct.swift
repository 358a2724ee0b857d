// The inside of every product: a micro-panel of A times micro-panels of B, from operands that lie
// in the core's own caches as the micro-kernel reads them. Who packs them is not known here.

import CProcessor

/// c (MR, NR · panels) = a · b or c + a · b. Each element is one chain of fused multiply-adds in
/// the order of the depth, so its bits depend on nothing but its operands. What a place of the
/// depth holds is the loops' form.
package struct MicroPanelProduct {
  /// How a micro-panel of A lies in memory.
  package enum Layout: Sendable {
    /// (depth / 16, MR, 16), the last group with or without something in all its places.
    case grouped
    /// (depth, stride): MR floats of each depth.
    case depthMajor(stride: Int)
  }

  package var a: UnsafePointer<Float>
  package var layout: Layout
  /// Micro-panel p is (depth, NR) from `b + p · panelStride`.
  package var b: UnsafePointer<Float>
  package var panels: Int
  package var panelStride: Int
  package var c: UnsafeMutablePointer<Float>
  /// Floats from one row of c to the next.
  package var cRow: Int
  /// In places.
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

  /// Micro-panels of A that so many rows are packed into.
  package static func panelsOfA(rows: Int) -> Int { (rows + MicroTile.mr - 1) / MicroTile.mr }

  /// Micro-panels of B that so many columns are packed into.
  package static func panelsOfB(columns: Int) -> Int { (columns + MicroTile.nr - 1) / MicroTile.nr }

  /// Computes c; of the loops of one arithmetic it does not matter which.
  package func multiply(with loops: InnerLoops) {
    guard loops.form.flushesSubnormals else { return multiply(by: loops) }
    // Nothing can be moved across: what computes is behind a pointer.
    let before = flush_subnormals()
    multiply(by: loops)
    restore_subnormals(before)
  }

  private func multiply(by loops: InnerLoops) {
    switch layout {
    case .grouped: loops.multiplyGrouped(a, b, panels, panelStride, c, cRow, depth, adding)
    case .depthMajor(let stride):
      loops.multiplyDepthMajor(a, stride, b, panels, panelStride, c, cRow, depth, adding)
    }
  }

  /// The definition for floats: the same chains, one by one.
  package func multiplyByDefinition() {
    for row in 0..<MicroTile.mr {
      for column in 0..<panels * MicroTile.nr {
        let (panel, lane) = column.quotientAndRemainder(dividingBy: MicroTile.nr)
        var sum: Float = 0
        for k in 0..<depth {
          let left =
            switch layout {
            case .grouped:
              a[
                k / MicroTile.groupDepth * MicroTile.groupFloats + row * MicroTile.groupDepth
                  + k % MicroTile.groupDepth]
            case .depthMajor(let stride): a[k * stride + row]
            }
          sum = sum.addingProduct(left, b[panel * panelStride + k * MicroTile.nr + lane])
        }
        let place = row * cRow + column
        c[place] = adding ? c[place] + sum : sum
      }
    }
  }
}
