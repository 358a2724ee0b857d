import Foundations
import Kernels
import Tensors
import Testing

@Suite("Products of tiles")
struct TileProductTests {
  /// One product of every layout that attention has: rows of a back to back or a transposed, b in
  /// panels or in rows.
  struct Layout: CustomTestStringConvertible, Sendable {
    let rows: Int
    let panels: Int
    let depth: Int
    let transposesA: Bool
    let panelsOfB: Bool

    var testDescription: String {
      "\(rows) × \(16 * panels), depth \(depth), a\(transposesA ? "ᵀ" : ""), b in "
        + (panelsOfB ? "panels" : "rows")
    }
  }

  static let layouts = [
    Layout(rows: 6, panels: 1, depth: 1, transposesA: false, panelsOfB: true),
    Layout(rows: 12, panels: 3, depth: 31, transposesA: false, panelsOfB: true),
    Layout(rows: 48, panels: 2, depth: 69, transposesA: false, panelsOfB: false),
    Layout(rows: 72, panels: 5, depth: 47, transposesA: true, panelsOfB: false),
    Layout(rows: 6, panels: 4, depth: 0, transposesA: true, panelsOfB: true),
  ]

  @Test("Narrow and wide registers give the bits of the definition", arguments: layouts)
  func equalBits(layout: Layout) {
    let columns = 16 * layout.panels
    let a = normalBuffer(max(1, layout.rows * layout.depth), seed: 41)
    let b = normalBuffer(max(1, columns * layout.depth), seed: 42)
    for adding in [false, true] {
      func result(_ multiply: (TileProduct) -> Void) -> [UInt32] {
        let c = normalBuffer(layout.rows * columns, seed: 43)
        multiply(
          TileProduct(
            a: a.pointer, aRow: layout.transposesA ? 1 : layout.depth,
            aDepth: layout.transposesA ? layout.rows : 1, b: b.pointer,
            bDepth: layout.panelsOfB ? 16 : columns,
            bPanel: layout.panelsOfB ? 16 * layout.depth : 16, c: c.pointer, cRow: columns,
            rows: layout.rows, panels: layout.panels, depth: layout.depth))
        return bits(c)
      }
      let expected = result { $0.multiplyByDefinition(adding: adding) }
      #expect(result { $0.multiplyNarrow(adding: adding) } == expected)
      if WideRegisters.arePresent {
        #expect(result { $0.multiplyWide(adding: adding) } == expected)
      }
    }
  }
}
