// `metrics.jsonl`: everything a run measures, one JSON object per line, in the order of time, each
// line sealed.

import Basics

/// The open metrics of a run, as lines. Written by the coordinator alone.
package final class MetricsFile: MetricsSink {
  private var file: LineFile
  /// The checksum of the last line.
  private var last: UInt64
  /// The file as it was found; nil once something was appended.
  private var found: MetricsScan?

  /// Creates the file, or goes on behind its lines; a line without an end is cut.
  /// - Parameter scan: of the file as it is.
  /// - Precondition: nothing is wrong with its lines.
  package init(continuing scan: MetricsScan) throws(FileError) {
    file = try LineFile(appendingTo: scan.path, cutAt: scan.lines.last?.end ?? 0)
    last = scan.lines.last?.checksum ?? scan.start
    found = scan
  }

  /// A line of a file that takes the place of one that was damaged.
  package enum Line {
    /// As it stands in the old file.
    case kept(MetricsScan.Line)
    case made(MetricsEntry)
  }

  /// Puts other lines in the place of the whole file, all at once, and goes on behind them.
  package init(replacing scan: MetricsScan, by lines: [Line]) throws {
    var last = scan.start
    try Files.writeDurably(to: scan.path) { writer in
      for line in lines {
        let text =
          switch line {
          case .kept(let line): scan.text(of: line)
          case .made(let entry): entry.json
          }
        let (sealed, checksum) = LineSeal.seal(text, after: last)
        try writer.write(Array((sealed + "\n").utf8))
        last = checksum
      }
    }
    file = try LineFile(appendingTo: scan.path)
    self.last = last
  }

  /// Appends a line in one write: it is whole, or, on an error, absent.
  package func append(_ entry: MetricsEntry) throws {
    found = nil
    let (sealed, checksum) = LineSeal.seal(entry.json, after: last)
    try file.append(sealed)
    last = checksum
  }

  /// Cuts the file at its first line of a later step.
  /// - Precondition: nothing was appended yet.
  package func cut(after step: Step) throws {
    guard let found else { preconditionFailure("the metrics are cut after they were written to") }
    let kept = found.lines.prefix { $0.step <= step }.last
    file = try LineFile(appendingTo: found.path, cutAt: kept?.end ?? 0)
    last = kept?.checksum ?? found.start
  }

  package func synchronize() throws { try file.synchronize() }
}
