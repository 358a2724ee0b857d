// What a segment of a journal holds. Reads heads of records alone and verifies no record:
// that is what `terrane verify` is for.

import Basics
import Foundation

/// What the heads in a segment tell, of one that is being written too: its bytes are read and not
/// mapped.
package struct JournalDescription: Sendable {
  package let path: String
  /// The run's identity.
  package let run: String
  /// The segment holds the steps after this one …
  package let after: Step
  /// … up to this one; `after` when it holds none.
  package let last: Step
  package let byteCount: Int

  /// - Throws: `JournalError` for a segment of another format; `CheckpointError.malformed` for what
  ///   is not a segment; what reading throws.
  package init(path: String) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    func bytes(at offset: Int, _ count: Int) throws -> Data {
      try file.seek(toOffset: UInt64(offset))
      return try file.read(upToCount: count) ?? Data()
    }
    let start = try bytes(at: 0, JournalFormat.headerLimitBytes)
    guard let header = try start.withUnsafeBytes({ try JournalFormat.header(in: $0, path: path) })
    else {
      throw CheckpointError.malformed(
        path: path, problem: "its header is not that of a journal's segment as it was written")
    }
    let format = JournalFormat(run: header.run, grid: header.grid)
    var (last, offset) = (header.after, header.recordsStart)
    let end = Int(try file.seekToEnd())
    while offset < end {
      let head = try bytes(at: offset, format.recordHeadBytes)
        .withUnsafeBytes { format.recordHead(in: $0, at: 0) }
      guard let head, head.step == last.next else { break }
      offset += format.recordBytes(noteBytes: head.noteBytes)
      if offset <= end { last = head.step }
    }
    self.path = path
    run = header.run
    after = header.after
    self.last = last
    byteCount = end
  }
}
