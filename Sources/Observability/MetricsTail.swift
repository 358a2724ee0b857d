// The lines of a `metrics.jsonl` as they come: what a watcher reads, a piece at a time. Whether a
// line is as it was written is the business of `MetricsScan`.

import Basics

/// A place in a run's metrics. Memory does not grow with the file, which may be read while its run
/// goes on, is resumed from an earlier step, or mends it.
package struct MetricsTail: Sendable {
  /// What one reading gave.
  package struct Batch: Sendable {
    /// Whether what was read before stands there no more: the first of these is the file's first.
    package var beginsAnew = false
    package var entries: [MetricsEntry] = []
    /// Lines that are none of a run's metrics.
    package var foreignLines = 0
    /// Whether there is more to read at once.
    package var hasMore = false
  }

  /// Lines that are longer are passed over.
  static let lineLimitBytes = 1 << 20

  private let path: String
  /// Where the next line begins.
  private var place = 0
  /// The end of what was read, with its line break: it is looked at again before every reading.
  private var last: [UInt8] = []
  /// Whether the line under way is longer than `lineLimitBytes`.
  private var skipsLine = false

  /// Of `last`: a seal and what stands before it.
  private static let lookBackBytes = 128

  package init(path: String) { self.path = path }

  /// The next whole lines, of about `limitBytes`. A file that is not there has none.
  package mutating func next(limitBytes: Int = lineLimitBytes) throws(FileError) -> Batch {
    var batch = Batch()
    guard Files.exists(path) else {
      batch.beginsAnew = place > 0
      begin()
      return batch
    }
    let file = try FileReader(path)
    let end = try file.stamp().byteCount
    if try !isAsRead(file, end) {
      batch.beginsAnew = true
      begin()
    }
    let bytes = try file.bytes(at: place, count: min(limitBytes, end - place))
    guard let lineEnd = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
      if bytes.count >= Self.lineLimitBytes {
        place += bytes.count
        last = Array(bytes.suffix(Self.lookBackBytes))
        skipsLine = true
        batch.hasMore = place < end
      }
      return batch
    }
    for line in bytes[..<lineEnd].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    {
      if skipsLine || line.isEmpty {
        batch.foreignLines += 1
        skipsLine = false
      } else if let entry = MetricsReader.entry(line) {
        batch.entries.append(entry)
      } else {
        batch.foreignLines += 1
      }
    }
    place += lineEnd + 1
    last = Array(bytes[...lineEnd].suffix(Self.lookBackBytes))
    batch.hasMore = bytes.count >= limitBytes && place < end
    return batch
  }

  private mutating func begin() {
    place = 0
    last = []
    skipsLine = false
  }

  /// Whether what was read last still stands where it stood: every line's end is its own checksum.
  private func isAsRead(_ file: FileReader, _ end: Int) throws(FileError) -> Bool {
    if place > end { return false }
    return try file.bytes(at: place - last.count, count: last.count) == last
  }
}
