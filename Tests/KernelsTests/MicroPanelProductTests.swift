// A micro-panel of A times micro-panels of B, in each layout and on each width of registers.

import Basics
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Products of micro-panels")
struct MicroPanelProductTests {
  /// One of every layout and of odd and even numbers of micro-panels of B.
  struct Shape: CustomTestStringConvertible, Sendable {
    let layout: MicroPanelProduct.Layout
    let panels: Int
    let depth: Int

    var testDescription: String { "\(layout), \(panels) panels, depth \(depth)" }
  }

  static let shapes = [
    Shape(layout: .grouped, panels: 1, depth: 1),
    Shape(layout: .grouped, panels: 3, depth: 31),
    Shape(layout: .grouped, panels: 2, depth: 64),
    Shape(layout: .depthMajor(stride: 12), panels: 2, depth: 69),
    Shape(layout: .depthMajor(stride: 40), panels: 5, depth: 47),
    Shape(layout: .depthMajor(stride: 12), panels: 4, depth: 0),
  ]

  @Test("Narrow and wide registers give the bits of the definition", arguments: shapes)
  func equalBits(shape: Shape) {
    let columns = MicroTile.nr * shape.panels
    let a = normalBuffer(40 * 72, seed: 41)
    let b = normalBuffer(max(1, columns * shape.depth), seed: 42)
    for adding in [false, true] {
      func result(_ multiply: (MicroPanelProduct) -> Void) -> [UInt32] {
        let c = normalBuffer(MicroTile.mr * (columns + 3), seed: 43)
        multiply(
          MicroPanelProduct(
            a.pointer, shape.layout, b.pointer, panels: shape.panels,
            panelStride: MicroTile.nr * shape.depth, into: c.pointer, cRow: columns + 3,
            depth: shape.depth, adding: adding))
        return bits(c)
      }
      let expected = result { $0.multiplyByDefinition() }
      #expect(result { $0.multiply(with: .narrow) } == expected)
      if let wide = InnerLoops.wide {
        #expect(result { $0.multiply(with: wide) } == expected)
      }
    }
  }
}
