// `metrics.jsonl`: everything a run measures, one JSON object a line, in the order of time, each
// line sealed.

import Basics

/// The open metrics of a run. Written by the coordinator alone.
package struct MetricsLog: ~Copyable, Sendable {
  private var file: LineFile
  /// The checksum of the last line.
  private var last: UInt64

  /// Creates the file, or goes on behind its first lines; what follows them is cut.
  /// - Parameters:
  ///   - scan: of the file as it is.
  ///   - count: how many of the scan's lines stay.
  /// - Precondition: nothing is wrong with those lines.
  package init(appendingTo scan: MetricsScan, keeping count: Int) throws(FileError) {
    let kept = scan.lines.prefix(count).last
    file = try LineFile(appendingTo: scan.path, cutAt: kept?.end ?? 0)
    last = kept?.checksum ?? scan.start
  }

  /// Puts other lines, without seals, in the place of the whole file, all at once, and goes on
  /// behind them.
  package init(replacing scan: MetricsScan, by lines: [String]) throws {
    var last = scan.start
    try Files.writeDurably(to: scan.path) { writer in
      for line in lines {
        let (sealed, checksum) = LineSeal.seal(line, after: last)
        try writer.write(Array((sealed + "\n").utf8))
        last = checksum
      }
    }
    file = try LineFile(appendingTo: scan.path)
    self.last = last
  }

  /// Appends a line in one write: it is whole, or, on an error, absent.
  package mutating func append(
    _ record: some MetricsRecord, at time: WallTime
  ) throws(FileError) {
    try append(line: Self.line(record, at: time))
  }

  /// Appends a line that `line(_:at:)` made.
  package mutating func append(line: String) throws(FileError) {
    let (sealed, checksum) = LineSeal.seal(line, after: last)
    try file.append(sealed)
    last = checksum
  }

  /// Returns when all lines are on the disk; worth doing with every checkpoint.
  package func synchronize() throws(FileError) { try file.synchronize() }

  /// The text of one record, without its seal: `{"kind":"step","step":12,"time":1795307467.25,…}`.
  package static func line(_ record: some MetricsRecord, at time: WallTime) -> String {
    var line = JSONLine()
    line.add("kind", type(of: record).kind)
    line.add("step", record.step.index)
    line.add("time", time.seconds)
    for (key, value) in record.values {
      switch value {
      case .number(let number): line.add(key, number)
      case .count(let count): line.add(key, count)
      case .text(let text): line.add(key, text)
      }
    }
    return line.text
  }
}
