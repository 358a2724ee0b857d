// Parquet files (format version 1.0): columns of plain values, uncompressed, one page for each
// column of each row group. Written only; the memory is that of a row group. Debian has no library
// that writes them; this is the part of the format that a table of features needs.

import Basics

/// A Parquet file in the making. Nothing is read back.
package final class ParquetWriter {
  private let columns: [ParquetColumn]
  private let writer: FileWriter
  private var end = 0
  private var groups: [Group] = []
  /// Rows so far.
  package private(set) var rows = 0

  private struct Group {
    let rows: Int
    let byteCount: Int
    let chunks: [Chunk]
  }

  private struct Chunk {
    let column: ParquetColumn
    let offset: Int
    let byteCount: Int
    let count: Int
  }

  private static let magic = Array("PAR1".utf8)

  /// - Parameter writer: of an empty file.
  /// - Throws: `FileError`.
  package init(_ writer: FileWriter, columns: [ParquetColumn]) throws {
    self.writer = writer
    self.columns = columns
    try write(Self.magic)
  }

  /// Room for a row group.
  package func emptyGroup() -> [ParquetValues] { columns.map { ParquetValues($0) } }

  /// Writes a row group.
  /// - Throws: `FileError`.
  /// - Precondition: every column has the same number of rows.
  package func append(_ group: [ParquetValues]) throws {
    let rows = group.first?.rows ?? 0
    precondition(group.map(\.column.name) == columns.map(\.name))
    precondition(group.allSatisfy { $0.rows == rows }, "columns of different lengths")
    if rows == 0 { return }
    var chunks: [Chunk] = []
    let start = end
    for values in group {
      let page = values.page
      let header = Self.pageHeader(byteCount: page.count, count: values.count)
      chunks.append(
        Chunk(
          column: values.column, offset: end, byteCount: header.count + page.count,
          count: values.count))
      try write(header)
      try write(page)
    }
    groups.append(Group(rows: rows, byteCount: end - start, chunks: chunks))
    self.rows += rows
  }

  /// Writes what makes the file one.
  /// - Parameter metadata: the file's own keys and values, such as "geo".
  /// - Throws: `FileError`.
  package func finish(metadata: [(key: String, value: String)] = []) throws {
    let footer = self.footer(metadata)
    try write(footer)
    try write(withUnsafeBytes(of: UInt32(footer.count).littleEndian) { Array($0) })
    try write(Self.magic)
  }

  private func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try writer.write($0, at: end) }
    end += bytes.count
  }

  // What stands in parquet.thrift, by its field numbers.

  private static let plain = 0
  private static let runLengths = 3

  private static func pageHeader(byteCount: Int, count: Int) -> [UInt8] {
    var thrift = ThriftWriter()
    thrift.int32(1, 0)  // a data page
    thrift.int32(2, byteCount)
    thrift.int32(3, byteCount)
    thrift.structure(5) {
      $0.int32(1, count)
      $0.int32(2, plain)
      $0.int32(3, runLengths)
      $0.int32(4, runLengths)
    }
    return thrift.finish()
  }

  private func footer(_ metadata: [(key: String, value: String)]) -> [UInt8] {
    var thrift = ThriftWriter()
    thrift.int32(1, 1)
    thrift.list(2, schema()) { thrift, element in element(&thrift) }
    thrift.int64(3, rows)
    thrift.list(4, groups) { thrift, group in
      thrift.list(1, group.chunks) { thrift, chunk in
        thrift.int64(2, chunk.offset)
        thrift.structure(3) { Self.write(chunk, to: &$0) }
      }
      thrift.int64(2, group.byteCount)
      thrift.int64(3, group.rows)
    }
    thrift.list(5, metadata) { thrift, pair in
      thrift.text(1, pair.key)
      thrift.text(2, pair.value)
    }
    thrift.text(6, "terrane version \(Release.version)")
    return thrift.finish()
  }

  private static func write(_ chunk: Chunk, to thrift: inout ThriftWriter) {
    thrift.int32(1, chunk.column.kind.physicalType)
    thrift.list(2, [plain, runLengths])
    thrift.list(3, chunk.column.path)
    thrift.int32(4, 0)  // not compressed
    thrift.int64(5, chunk.count)
    thrift.int64(6, chunk.byteCount)
    thrift.int64(7, chunk.byteCount)
    thrift.int64(9, chunk.offset)
  }

  private typealias Element = (inout ThriftWriter) -> Void

  private func schema() -> [Element] {
    let root: Element = {
      $0.text(4, "schema")
      $0.int32(5, self.columns.count)
    }
    return [root] + columns.flatMap { Self.schema(of: $0) }
  }

  private static let (required, optional, repeated) = (0, 1, 2)

  private static func schema(of column: ParquetColumn) -> [Element] {
    let kind = column.kind
    guard kind.isList else {
      return [
        {
          $0.int32(1, kind.physicalType)
          $0.int32(3, column.isOptional ? optional : required)
          $0.text(4, column.name)
          switch kind {
          case .text:
            $0.int32(6, 0)
            $0.structure(10) { $0.structure(1) }
          case .timestamp:
            $0.int32(6, 10)
            $0.structure(10) {
              $0.structure(8) {
                $0.bool(1, true)
                $0.structure(2) { $0.structure(2) }
              }
            }
          default: break
          }
        }
      ]
    }
    return [
      {
        $0.int32(3, required)
        $0.text(4, column.name)
        $0.int32(5, 1)
        $0.int32(6, 3)
        $0.structure(10) { $0.structure(3) }
      },
      {
        $0.int32(3, repeated)
        $0.text(4, "list")
        $0.int32(5, 1)
      },
      {
        $0.int32(1, kind.physicalType)
        $0.int32(3, required)
        $0.text(4, "element")
      },
    ]
  }
}
