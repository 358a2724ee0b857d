// Parquet files byte by byte. Whether others read them is judged by scripts/check-embeddings.

import Basics
import Foundation
import Parquet
import TestSupport
import Testing

@Suite("Parquet files") struct ParquetTests {
  private func bytes(_ body: (ParquetWriter) throws -> Void) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let path = folder.file("table.parquet")
    let file = try FileWriter(creating: path)
    let writer = try ParquetWriter(
      file,
      columns: [
        ParquetColumn("name", .text), ParquetColumn("vector", .floats),
        ParquetColumn("time", .timestamp, isOptional: true),
      ])
    try body(writer)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func append(
    _ name: String, _ vector: [Float], _ time: Int64?, to group: inout [ParquetValues]
  ) {
    group[0].append(name)
    vector.withUnsafeBufferPointer { group[1].append($0) }
    if let time { group[2].append(microseconds: time) } else { group[2].appendNothing() }
  }

  @Test("Pages hold levels and plain values; a missing value is a level alone")
  func pages() throws {
    let found = try bytes { writer in
      var group = writer.emptyGroup()
      append("ab", [1, 2, 3], 5, to: &group)
      append("c", [4], nil, to: &group)
      try writer.append(group)
      try writer.finish(metadata: [("geo", "{}")])
    }
    #expect(Array(found.prefix(4)) == Array("PAR1".utf8))
    #expect(Array(found.suffix(4)) == Array("PAR1".utf8))
    // Page headers: type 0, both sizes, then values, encoding and levels' encodings.
    func header(bytes: UInt8, values: UInt8) -> [UInt8] {
      [0x15, 0, 0x15, bytes * 2, 0x15, bytes * 2, 0x2C, 0x15, values * 2, 0x15, 0, 0x15, 6, 0x15]
        + [6, 0, 0]
    }
    func numbers(_ values: [Float]) -> [UInt8] {
      values.flatMap { value in withUnsafeBytes(of: value.bitPattern) { Array($0) } }
    }
    let names =
      header(bytes: 11, values: 2) + [2, 0, 0, 0] + Array("ab".utf8) + [1, 0, 0, 0]
      + Array("c".utf8)
    // Repetition: a new row, two more of it, a new row; definition: four elements.
    let vectors =
      header(bytes: 32, values: 4) + [6, 0, 0, 0, 2, 0, 4, 1, 2, 0]
      + [2, 0, 0, 0, 8, 1] + numbers([1, 2, 3, 4])
    let times =
      header(bytes: 16, values: 2) + [4, 0, 0, 0, 2, 1, 2, 0]
      + [5, 0, 0, 0, 0, 0, 0, 0]
    #expect(
      Array(found[4..<4 + names.count + vectors.count + times.count]) == names + vectors + times)
  }

  @Test("The whole of a small file is what pyarrow and DuckDB were seen to read")
  func pinned() throws {
    let found = try bytes { writer in
      for first in [0, 3] {
        var group = writer.emptyGroup()
        for row in first..<first + 3 {
          append(
            "row \(row)", [Float(row), 0.5], row == 4 ? nil : Int64(row) * 1_000_000, to: &group)
        }
        try writer.append(group)
      }
      try writer.finish(metadata: [("geo", "{\"version\":\"1.1.0\"}")])
    }
    let digest = found.withUnsafeBytes { Digest(of: $0) }
    #expect("\(digest)" == "2a1d2f29a44cc4aeadd90928727386da", "\(found.count) bytes")
  }

  @Test("A group without rows leaves no trace, and a table may have none")
  func empty() throws {
    let none = try bytes { try $0.finish() }
    let emptied = try bytes { writer in
      try writer.append(writer.emptyGroup())
      try writer.finish()
    }
    #expect(none == emptied)
  }
}
