// A rectangle of floats in memory that someone else owns.

import Tensors

/// Row-major floats: element (r, c) lies at `pointer[r · stride + c]`. The owner of the storage
/// outlives the view.
///
/// `@unchecked Sendable`: a view is an address; who writes through it, and when, is the caller's
/// grid of disjoint blocks.
package struct MatrixView: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Float>
  package let rows: Int
  package let columns: Int
  /// Floats from one row to the next.
  package let stride: Int

  /// - Precondition: `stride >= columns`.
  package init(_ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil)
  {
    let stride = stride ?? columns
    precondition(rows >= 0 && columns >= 0 && stride >= columns)
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// `rows` × `columns` floats of a buffer, back to back from `offset`.
  package init(_ buffer: FloatBuffer, offset: Int = 0, rows: Int, columns: Int) {
    precondition(offset >= 0 && offset + rows * columns <= buffer.count, "a view beyond its buffer")
    self.init(buffer.pointer + offset, rows: rows, columns: columns)
  }

  package func row(_ index: Int) -> UnsafeMutablePointer<Float> { pointer + index * stride }

  /// The rectangle of some rows and some columns.
  package func slice(rows: Range<Int>, columns: Range<Int>) -> MatrixView {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    precondition(columns.lowerBound >= 0 && columns.upperBound <= self.columns)
    return MatrixView(
      pointer + rows.lowerBound * stride + columns.lowerBound, rows: rows.count,
      columns: columns.count, stride: stride)
  }

  package func slice(rows: Range<Int>) -> MatrixView { slice(rows: rows, columns: 0..<columns) }
}
