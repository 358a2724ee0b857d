// Rows of a product's first operand over one run of the depth, copied into strips.

import Basics

/// The memory of one thread for such strips, and what it computes from them.
struct ProductStrips {
  /// Floats from one strip to the next: a run and a cache line, so that strips differ in their
  /// places in a cache.
  private static let stripStride = BlockedProduct.runDepth * StripProduct.height + 16

  /// Where the rows come from.
  enum Source {
    /// The rows of a matrix.
    case rows
    /// Its columns.
    case columns
  }

  private let source: Source
  private let isWide: Bool
  private let strips: UnsafeMutablePointer<Float>  // (strips, stride)
  private let ragged: UnsafeMutablePointer<Float>  // (12, columns in whole panels)

  static func floats(rows: Int, columns: Int) -> Int {
    StripProduct.strips(of: rows) * stripStride
      + StripProduct.height * StripProduct.panels(of: columns) * StripProduct.panelWidth
  }

  /// Room for as many rows as `floats` was told.
  init(_ memory: UnsafeMutablePointer<Float>, rows: Int, source: Source, isWide: Bool) {
    (self.source, self.isWide) = (source, isWide)
    strips = memory
    ragged = memory + StripProduct.strips(of: rows) * Self.stripStride
  }

  /// Takes rows: a (rows, depth), or a (depth, rows) whose columns are the rows.
  func fill(_ a: MatrixView) {
    switch source {
    case .rows: Packing.strips(of: a, into: strips, stripStride: Self.stripStride)
    case .columns: Packing.transposedStrips(of: a, into: strips, stripStride: Self.stripStride)
    }
  }

  /// sums (rows) = Σ over the depth of each row, or that added to them; of strips of columns.
  func sumRows(
    _ rows: Int, depth: Int, into sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    for row in stride(from: 0, to: rows, by: StripProduct.height) {
      var place = UnsafeRawPointer(strips + row / StripProduct.height * Self.stripStride)
      var (eight, four) = (SIMD8<Float>.zero, SIMD4<Float>.zero)
      for _ in 0..<depth {
        eight += place.loadUnaligned(as: SIMD8<Float>.self)
        four += place.loadUnaligned(fromByteOffset: 32, as: SIMD4<Float>.self)
        place += 4 * StripProduct.height
      }
      for lane in 0..<min(StripProduct.height, rows - row) {
        let sum = lane < 8 ? eight[lane] : four[lane - 8]
        sums[row + lane] = adding ? sums[row + lane] + sum : sum
      }
    }
  }

  /// c = rows · panels, or that added to c.
  ///
  /// - Parameters:
  ///   - panels: (panels, depth, 16), anything beyond c's columns.
  ///   - c: (rows, columns).
  func multiply(_ panels: UnsafePointer<Float>, depth: Int, into c: MatrixView, adding: Bool) {
    let layout =
      source == .rows
      ? StripProduct.Layout.rows : StripProduct.Layout.columns(stride: StripProduct.height)
    let isWhole = c.columns % StripProduct.panelWidth == 0
    var product = StripProduct(
      strips, layout, panels, panels: StripProduct.panels(of: c.columns),
      panelStride: StripProduct.panelWidth * depth, into: c.pointer, cRow: c.stride, depth: depth,
      adding: adding)
    for row in stride(from: 0, to: c.rows, by: StripProduct.height) {
      let target = c.slice(rows: row..<min(row + StripProduct.height, c.rows))
      if target.rows == StripProduct.height && isWhole {
        product.c = target.pointer
        product.multiply(onWideRegisters: isWide)
      } else {
        multiplyRagged(product, into: target)
      }
      product.a += Self.stripStride
    }
  }

  /// The same for a part of a strip or of a panel: computed beside, and copied.
  private func multiplyRagged(_ product: StripProduct, into c: MatrixView) {
    var whole = product
    (whole.c, whole.cRow) = (ragged, product.panels * StripProduct.panelWidth)
    whole.adding = false
    whole.multiply(onWideRegisters: isWide)
    for row in 0..<c.rows {
      let (from, to) = (ragged + row * whole.cRow, c.row(row))
      for column in 0..<c.columns {
        to[column] = product.adding ? to[column] + from[column] : from[column]
      }
    }
  }
}
