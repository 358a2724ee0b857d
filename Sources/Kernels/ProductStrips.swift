// Rows of a product's first operand over one run of the depth, in strips of 12 that lie as the inner
// loops read them.

import Foundations
import WideKernels

/// The memory of one thread for such strips, and what it computes from them.
struct ProductStrips {
  /// Rows of a strip.
  static let height = 12
  /// Floats from one strip to the next: a run and a cache line, so that strips differ in their
  /// places in a cache.
  private static let stride = BlockedProduct.runDepth * height + 16

  /// How a strip lies in memory.
  enum Layout {
    /// (depth / 8, 12, 8): of rows as they are.
    case rows
    /// (depth, 12): of rows that were columns.
    case columns
  }

  private let layout: Layout
  private let isWide: Bool
  private let strips: UnsafeMutablePointer<Float>  // (strips, stride)
  private let ragged: UnsafeMutablePointer<Float>  // (12, columns in whole panels)

  static func floats(rows: Int, columns: Int) -> Int {
    (rows + height - 1) / height * stride + height * panels(columns) * 16
  }

  /// Panels of some columns, in pairs.
  static func panels(_ columns: Int) -> Int { (columns + 31) / 32 * 2 }

  /// Room for as many rows as `floats` was told.
  init(_ memory: UnsafeMutablePointer<Float>, rows: Int, layout: Layout, isWide: Bool) {
    (self.layout, self.isWide) = (layout, isWide)
    strips = memory
    ragged = memory + (rows + Self.height - 1) / Self.height * Self.stride
  }

  /// Takes rows: a (rows, depth), or a (depth, rows) whose columns are the rows.
  func fill(_ a: MatrixView) {
    switch layout {
    case .rows:
      var (row, target) = (0, strips)
      while row < a.rows {
        Packing.blocks(
          of: a.slice(rows: row..<min(row + Self.height, a.rows)), into: target)
        row += Self.height
        target += Self.stride
      }
    case .columns: Packing.strips(of: a, into: strips, stripStride: Self.stride)
    }
  }

  /// c = rows · panels, or that added to c.
  ///
  /// - Parameters:
  ///   - panels: (panels, depth, 16), anything beyond c's columns.
  ///   - c: (rows, columns).
  func multiply(_ panels: UnsafePointer<Float>, depth: Int, into c: MatrixView, adding: Bool) {
    let count = Self.panels(c.columns)
    var (row, strip) = (0, strips)
    while row < c.rows {
      let target = c.slice(rows: row..<min(row + Self.height, c.rows))
      if target.rows == Self.height && c.columns % 32 == 0 {
        multiply(
          strip, panels, count, depth, into: target.pointer, stride: c.stride, adding: adding)
      } else {
        multiply(strip, panels, count, depth, into: ragged, stride: count * 16, adding: false)
        merge(stride: count * 16, into: target, adding: adding)
      }
      row += Self.height
      strip += Self.stride
    }
  }

  private func multiply(
    _ strip: UnsafePointer<Float>, _ panels: UnsafePointer<Float>, _ count: Int, _ depth: Int,
    into c: UnsafeMutablePointer<Float>, stride: Int, adding: Bool
  ) {
    for pair in 0..<count / 2 {
      let right = panels + pair &* 32 &* depth
      let target = c + pair &* 32
      switch (layout, isWide) {
      case (.rows, true):
        multiplyWideStrip(
          rows: strip, right, right + 16 &* depth, into: target, cRow: stride, depth: depth,
          adding: adding)
      case (.columns, true):
        multiplyWideStrip(
          columns: strip, right, right + 16 &* depth, into: target, cRow: stride, depth: depth,
          adding: adding)
      case (.rows, false):
        multiplyNarrowStrip(
          rows: strip, right, right + 16 &* depth, into: target, cRow: stride, depth: depth,
          adding: adding)
      case (.columns, false):
        multiplyNarrowStrip(
          columns: strip, right, right + 16 &* depth, into: target, cRow: stride, depth: depth,
          adding: adding)
      }
    }
  }

  private func merge(stride: Int, into c: MatrixView, adding: Bool) {
    for row in 0..<c.rows {
      let (from, to) = (ragged + row * stride, c.row(row))
      for column in 0..<c.columns {
        to[column] = adding ? to[column] + from[column] : from[column]
      }
    }
  }
}
