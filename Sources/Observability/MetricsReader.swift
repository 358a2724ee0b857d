// Reads the lines that `MetricsFile` writes: the one place that knows how a record looks as JSON,
// from the reader's side. Whether a line is as it was written is the business of `MetricsScan`.

import Basics

package enum MetricsReader {
  /// The record of a line, without its seal if it has one.
  /// - Returns: nil for a line that is not one of a run's metrics.
  package static func entry(_ line: some Collection<UInt8>) -> MetricsEntry? {
    Array(line).withUnsafeBytes { entry($0) }
  }

  static func entry(_ line: UnsafeRawBufferPointer) -> MetricsEntry? {
    // Without the closing brace, which a seal comes before.
    guard let contentCount = LineSeal.read(line)?.contentCount ?? unsealedCount(line) else {
      return nil
    }
    return entry(content: UnsafeRawBufferPointer(rebasing: line[..<contentCount]))
  }

  /// - Parameter content: a line without seal and closing brace.
  static func entry(content: UnsafeRawBufferPointer) -> MetricsEntry? {
    var text = JSONMembers(content)
    guard let (kind, step) = head(&text), text.key() == "time",
      case .number(let seconds)? = text.value(),
      let time = WallTime(seconds: seconds)
    else { return nil }
    var fields: [MetricsEntry.Field] = []
    while !text.isAtEnd {
      guard let key = text.key(), let value = text.value() else { return nil }
      fields.append(MetricsEntry.Field(key, value))
    }
    return MetricsEntry(kind: kind, step: step, time: time, fields: fields)
  }

  /// Kind and step, which every line begins with; nil for a line that does not.
  static func head(of line: UnsafeRawBufferPointer) -> (kind: String, step: Step)? {
    var text = JSONMembers(line)
    return head(&text)
  }

  /// The records of a file, oldest first; a line that is none, or is being written, is passed over.
  /// A file that is not there has none.
  package static func entries(inFileAt path: String) throws(FileError) -> [MetricsEntry] {
    try read(path).entries
  }

  /// The records of a file as `entries(inFileAt:)`, and the numbers of the lines that are none.
  package static func read(
    _ path: String
  ) throws(FileError) -> (entries: [MetricsEntry], foreignLines: [Int]) {
    guard Files.exists(path) else { return ([], []) }
    return try MappedFile(path).withBytes { bytes in
      var entries: [MetricsEntry] = []
      var foreignLines: [Int] = []
      var (offset, number) = (0, 1)
      while let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) {
        if let entry = entry(UnsafeRawBufferPointer(rebasing: bytes[offset..<end])) {
          entries.append(entry)
        } else {
          foreignLines.append(number)
        }
        offset = end + 1
        number += 1
      }
      return (entries, foreignLines)
    }
  }

  private static func unsealedCount(_ line: UnsafeRawBufferPointer) -> Int? {
    line.last == UInt8(ascii: "}") ? line.count - 1 : nil
  }

  private static func head(_ text: inout JSONMembers) -> (kind: String, step: Step)? {
    guard text.key() == "kind", case .text(let kind)? = text.value(), text.key() == "step",
      case .count(let number)? = text.value(), let step = UInt32(exactly: number)
    else { return nil }
    return (kind, Step(step))
  }
}
