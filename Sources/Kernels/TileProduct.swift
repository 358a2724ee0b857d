// Products of operands that lie in a core's own caches: the inside of attention, where OpenBLAS
// spends more on preparing than on multiplying. Not for products of layers.

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

  /// Element (row, depth) of a is at
  /// `a[row / 6 · aStrip + row % 6 · aRow + depth · aDepth]`.
  var a: UnsafePointer<Float>
  var aRow: Int
  var aDepth: Int
  /// Floats from the first of six rows to the first of the next six.
  var aStrip: Int
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
    a: UnsafePointer<Float>, aRow: Int, aDepth: Int, aStrip: Int? = nil,
    b: UnsafePointer<Float>, bDepth: Int, bPanel: Int, c: UnsafeMutablePointer<Float>, cRow: Int,
    rows: Int, panels: Int, depth: Int
  ) {
    (self.a, self.aRow, self.aDepth) = (a, aRow, aDepth)
    self.aStrip = aStrip ?? Self.rowStep * aRow
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
    if BLAS.hasWideRegisters {
      multiplyWide(adding: adding)
    } else {
      multiplyNarrow(adding: adding)
    }
  }

  /// `multiply` with 512-bit registers.
  package func multiplyWide(adding: Bool) {
    precondition(rows % Self.rowStep == 0)
    multiplyWideTiles(
      a: a, aRow: aRow, aDepth: aDepth, aStrip: aStrip, b: b, bDepth: bDepth, bPanel: bPanel, c: c,
      cRow: cRow,
      rows: rows, panels: panels, depth: depth, adding: adding)
  }

  /// `multiply` with 256-bit registers.
  package func multiplyNarrow(adding: Bool) {
    precondition(rows % Self.rowStep == 0)
    for panel in 0..<panels {
      var row = 0
      while row < rows {
        let left = a + row / Self.rowStep * aStrip
        strip(
          left, left + 3 * aRow, b + panel * bPanel, c + (row * cRow + panel * Self.columnStep),
          adding)
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
          sum = sum.addingProduct(a[row / 6 * aStrip + row % 6 * aRow + k * aDepth], right)
        }
        c[row * cRow + column] = adding ? c[row * cRow + column] + sum : sum
      }
    }
  }

  /// Six rows of one panel, the first three of a from `a0` and the others from `a3`. Sums are named
  /// one by one so that they stay in registers; the addresses come apart, because the compiler
  /// would make each from the one before, and the loop would wait for that.
  @inline(never)
  private func strip(
    _ a0: UnsafePointer<Float>, _ a3: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>,
    _ adding: Bool
  ) {
    var (c00, c01, c10, c11) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (c20, c21, c30, c31) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (c40, c41, c50, c51) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (upper, lower, b) = (a0, a3, b)
    let row = aRow
    var rest = depth
    while rest > 0 {
      let (b0, b1) = (b.vector(at: 0), b.vector(at: 8))
      let a0 = Vector(repeating: upper[0])
      c00 = c00.addingProduct(a0, b0)
      c01 = c01.addingProduct(a0, b1)
      let a1 = Vector(repeating: upper[row])
      c10 = c10.addingProduct(a1, b0)
      c11 = c11.addingProduct(a1, b1)
      let a2 = Vector(repeating: upper[2 &* row])
      c20 = c20.addingProduct(a2, b0)
      c21 = c21.addingProduct(a2, b1)
      let a3 = Vector(repeating: lower[0])
      c30 = c30.addingProduct(a3, b0)
      c31 = c31.addingProduct(a3, b1)
      let a4 = Vector(repeating: lower[row])
      c40 = c40.addingProduct(a4, b0)
      c41 = c41.addingProduct(a4, b1)
      let a5 = Vector(repeating: lower[2 &* row])
      c50 = c50.addingProduct(a5, b0)
      c51 = c51.addingProduct(a5, b1)
      upper += aDepth
      lower += aDepth
      b += bDepth
      rest &-= 1
    }
    store(c00, c01, c, adding)
    store(c10, c11, c + cRow, adding)
    store(c20, c21, c + 2 &* cRow, adding)
    store(c30, c31, c + 3 &* cRow, adding)
    store(c40, c41, c + 4 &* cRow, adding)
    store(c50, c51, c + 5 &* cRow, adding)
  }

  @inline(__always)
  private func store(
    _ left: Vector, _ right: Vector, _ c: UnsafeMutablePointer<Float>, _ adding: Bool
  ) {
    if adding {
      c.store(c.vector(at: 0) + left, at: 0)
      c.store(c.vector(at: 8) + right, at: 8)
    } else {
      c.store(left, at: 0)
      c.store(right, at: 8)
    }
  }
}
