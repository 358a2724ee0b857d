// The macro-kernel: rows of A over one slice of the depth, packed into micro-panels that stay in a
// first-level cache, times packed micro-panels of B that pass by.

import Basics

/// One thread's rows of A, and what it computes from them.
struct MacroKernel {
  /// Floats from one micro-panel to the next: a slice and a cache line, so that panels differ in
  /// their places in a cache.
  private static let panelStride = CacheBlocking.kc * MicroTile.mr + CacheBlocking.lineFloats

  /// Where the rows come from.
  enum Source {
    /// The rows of a matrix.
    case rows
    /// Its columns.
    case columns
  }

  private let source: Source
  private let loops: InnerLoops
  private let panels: UnsafeMutablePointer<Float>  // (micro-panels of A, stride)
  private let ragged: UnsafeMutablePointer<Float>  // (MR, columns in whole micro-panels)

  /// What a kernel for so many rows of A and columns of B needs.
  static func floats(rows: Int, columns: Int) -> Int {
    MicroPanelProduct.panelsOfA(rows: rows) * panelStride
      + MicroTile.mr * MicroPanelProduct.panelsOfB(columns: columns) * MicroTile.nr
  }

  /// - Parameter memory: as many `floats` as these rows need; the kernel does not own it.
  init(_ memory: UnsafeMutablePointer<Float>, rows: Int, source: Source, loops: InnerLoops) {
    (self.source, self.loops) = (source, loops)
    panels = memory
    ragged = memory + MicroPanelProduct.panelsOfA(rows: rows) * Self.panelStride
  }

  /// Takes rows: a (rows, depth), or a (depth, rows) whose columns are the rows.
  func pack(_ a: MatrixView) {
    switch source {
    case .rows: loops.form.panelsOfA(a, into: panels, panelStride: Self.panelStride)
    case .columns: loops.form.transposedPanelsOfA(a, into: panels, panelStride: Self.panelStride)
    }
  }

  /// sums (rows) = Σ over the depth of each row of a (depth, rows), or that added to them: of the
  /// floats as they are, whatever form they are packed in.
  func sumRows(_ a: MatrixView, into sums: UnsafeMutablePointer<Float>, adding: Bool) {
    precondition(a.columns <= MicroTile.mr * CacheBlocking.nc, "more rows than there is space for")
    let totals = ragged
    totals.update(repeating: 0, count: a.columns)
    for depth in 0..<a.rows { RowOperations.add(a.row(depth), to: totals, count: a.columns) }
    for row in 0..<a.columns { sums[row] = adding ? sums[row] + totals[row] : totals[row] }
  }

  /// c = rows · columns, or that added to c.
  ///
  /// - Parameters:
  ///   - b: (micro-panels, places, NR), anything beyond c's columns.
  ///   - places: of the depth.
  ///   - c: (rows, columns).
  func multiply(_ b: UnsafePointer<Float>, places: Int, into c: MatrixView, adding: Bool) {
    let layout =
      source == .rows
      ? MicroPanelProduct.Layout.grouped
      : MicroPanelProduct.Layout.depthMajor(stride: MicroTile.mr)
    let isWhole = c.columns % MicroTile.nr == 0
    var product = MicroPanelProduct(
      panels, layout, b, panels: MicroPanelProduct.panelsOfB(columns: c.columns),
      panelStride: MicroTile.nr * places, into: c.pointer, cRow: c.stride, depth: places,
      adding: adding)
    for row in stride(from: 0, to: c.rows, by: MicroTile.mr) {
      let target = c.slice(rows: row..<min(row + MicroTile.mr, c.rows))
      if target.rows == MicroTile.mr && isWhole {
        product.c = target.pointer
        product.multiply(with: loops)
      } else {
        multiplyRagged(product, into: target)
      }
      product.a += Self.panelStride
    }
  }

  /// The same for a part of a micro-panel of A or of B: computed beside, from a copy.
  private func multiplyRagged(_ product: MicroPanelProduct, into c: MatrixView) {
    var whole = product
    (whole.c, whole.cRow) = (ragged, product.panels * MicroTile.nr)
    if product.adding {
      for row in 0..<c.rows {
        (ragged + row * whole.cRow).update(from: c.row(row), count: c.columns)
      }
    }
    whole.multiply(with: loops)
    for row in 0..<c.rows {
      c.row(row).update(from: ragged + row * whole.cRow, count: c.columns)
    }
  }
}
