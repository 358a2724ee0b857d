import Basics
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Products of strips")
struct StripProductTests {
  /// One of every layout and of odd and even numbers of panels.
  struct Shape: CustomTestStringConvertible, Sendable {
    let layout: StripProduct.Layout
    let panels: Int
    let depth: Int

    var testDescription: String { "\(layout), \(panels) panels, depth \(depth)" }
  }

  static let shapes = [
    Shape(layout: .rows, panels: 1, depth: 1),
    Shape(layout: .rows, panels: 3, depth: 31),
    Shape(layout: .rows, panels: 2, depth: 64),
    Shape(layout: .columns(stride: 12), panels: 2, depth: 69),
    Shape(layout: .columns(stride: 40), panels: 5, depth: 47),
    Shape(layout: .columns(stride: 12), panels: 4, depth: 0),
  ]

  @Test("Narrow and wide registers give the bits of the definition", arguments: shapes)
  func equalBits(shape: Shape) {
    let columns = StripProduct.panelWidth * shape.panels
    let a = normalBuffer(40 * 72, seed: 41)
    let b = normalBuffer(max(1, columns * shape.depth), seed: 42)
    for adding in [false, true] {
      func result(_ multiply: (StripProduct) -> Void) -> [UInt32] {
        let c = normalBuffer(StripProduct.height * (columns + 3), seed: 43)
        multiply(
          StripProduct(
            a.pointer, shape.layout, b.pointer, panels: shape.panels,
            panelStride: StripProduct.panelWidth * shape.depth, into: c.pointer, cRow: columns + 3,
            depth: shape.depth, adding: adding))
        return bits(c)
      }
      let expected = result { $0.multiplyByDefinition() }
      #expect(result { $0.multiply(onWideRegisters: false) } == expected)
      if WideRegisters.arePresent {
        #expect(result { $0.multiply(onWideRegisters: true) } == expected)
      }
    }
  }
}
