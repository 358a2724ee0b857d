// Products of operands that lie in a core's own caches: the inside of attention. Not for
// products of layers, which `BlockedProduct` brings into caches.

import WideKernels

/// c (rows, 16 · panels) = a · b or c + a · b, single-threaded. Each element is one chain of fused
/// multiply-adds in the order of the depth, so its bits depend on nothing but its operands.
///
/// Rows come in sixes and columns in sixteens: whoever owns the operands rounds them up, and passes
/// over what comes out beyond its own extents.
package struct TileProduct {
  /// Rows and columns that are computed at a time: twelve registers of sums, two of b, one of a.
  package static let rowStep = 6
  package static let columnStep = 16

  /// Element (row, depth) of a is at `a[row · aRow + depth · aDepth]`.
  var a: UnsafePointer<Float>
  var aRow: Int
  var aDepth: Int
  /// Element (depth, column) of b is at `b[column / 16 · bPanel + depth · bDepth + column % 16]`.
  var b: UnsafePointer<Float>
  var bDepth: Int
  var bPanel: Int
  /// Element (row, column) of c is at `c[row · cRow + column]`.
  var c: UnsafeMutablePointer<Float>
  var cRow: Int
  var rows: Int
  var panels: Int
  var depth: Int

  package init(
    a: UnsafePointer<Float>, aRow: Int, aDepth: Int, b: UnsafePointer<Float>, bDepth: Int,
    bPanel: Int, c: UnsafeMutablePointer<Float>, cRow: Int, rows: Int, panels: Int, depth: Int
  ) {
    (self.a, self.aRow, self.aDepth) = (a, aRow, aDepth)
    (self.b, self.bDepth, self.bPanel) = (b, bDepth, bPanel)
    (self.c, self.cRow) = (c, cRow)
    (self.rows, self.panels, self.depth) = (rows, panels, depth)
  }

  static func roundedRows(_ rows: Int) -> Int { (rows + rowStep - 1) / rowStep * rowStep }
  static func roundedColumns(_ columns: Int) -> Int {
    (columns + columnStep - 1) / columnStep * columnStep
  }

  /// - Precondition: `rows` is a multiple of 6.
  func multiply(adding: Bool = false) {
    if WideRegisters.arePresent {
      multiplyWide(adding: adding)
    } else {
      multiplyNarrow(adding: adding)
    }
  }

  /// `multiply` with 512-bit registers.
  package func multiplyWide(adding: Bool) {
    precondition(rows % Self.rowStep == 0)
    multiplyWideTiles(
      a: a, aRow: aRow, aDepth: aDepth, b: b, bDepth: bDepth, bPanel: bPanel, c: c, cRow: cRow,
      rows: rows, panels: panels, depth: depth, adding: adding)
  }

  /// `multiply` with 256-bit registers.
  package func multiplyNarrow(adding: Bool) {
    precondition(rows % Self.rowStep == 0)
    for panel in 0..<panels {
      var row = 0
      while row < rows {
        let left = a + row * aRow
        multiplyNarrowTile(
          left, left + 3 * aRow, aRow, aDepth, b + panel * bPanel, bDepth,
          into: c + (row * cRow + panel * Self.columnStep), cRow, depth: depth, adding: adding)
        row += Self.rowStep
      }
    }
  }

  /// The definition: the same chains, one by one.
  package func multiplyByDefinition(adding: Bool = false) {
    for row in 0..<rows {
      for column in 0..<panels * Self.columnStep {
        var sum: Float = 0
        for k in 0..<depth {
          let right = b[column / Self.columnStep * bPanel + k * bDepth + column % Self.columnStep]
          sum = sum.addingProduct(a[row * aRow + k * aDepth], right)
        }
        c[row * cRow + column] = adding ? c[row * cRow + column] + sum : sum
      }
    }
  }
}
