// The lines of a `metrics.jsonl`, held against their seals. Reading only.

import Basics

/// What stands in a run's metrics, and what is not as it was written.
package struct MetricsScan: Sendable {
  package enum Kind: Hashable, Sendable {
    case step, evaluation, other

    init(_ kind: String) {
      switch kind {
      case StepRecord.kind: self = .step
      case EvaluationRecord.kind: self = .evaluation
      default: self = .other
      }
    }
  }

  /// A line that is as it was written, even if not where.
  package struct Line: Sendable {
    /// From 1 on.
    package let number: Int
    package let kind: Kind
    package let step: Step
    /// Of the line without seal, closing brace and line break.
    fileprivate let content: Range<Int>
    /// Where the next line begins.
    let end: Int
    package let checksum: UInt64
  }

  /// What is wrong with a line.
  package struct Problem: Equatable, Sendable, CustomStringConvertible {
    package enum Flaw: Equatable, Sendable { case foreign, cut, changed, misplaced }
    package let line: Int
    package let flaw: Flaw
    /// What the line begins with, if that can still be read.
    package let step: Step?

    package var description: String {
      let place = step.map { "line \(line) (at step \($0))" } ?? "line \(line)"
      switch flaw {
      case .foreign: return "\(place) is not a line that Terrane writes"
      case .cut: return "\(place) is cut short or was changed after it was written"
      case .changed: return "\(place) was changed after it was written"
      case .misplaced:
        return "\(place) does not follow the line before it: lines are missing, doubled or in "
          + "another order"
      }
    }
  }

  package let path: String
  package let isMissing: Bool
  /// In the order of the file.
  package private(set) var lines: [Line] = []
  package private(set) var problems: [Problem] = []
  /// Bytes behind the last line break: a line that was being written.
  package private(set) var tornBytes = 0
  /// What a first line comes after.
  let start: UInt64
  private let bytes: [UInt8]

  /// Reads the file; one that is not there has no lines.
  /// - Parameter runIdentity: of the run that the metrics belong to.
  package init(path: String, runIdentity: String) throws(FileError) {
    self.path = path
    start = LineSeal.start(of: runIdentity)
    isMissing = !Files.exists(path)
    bytes = isMissing ? [] : try MappedFile(path).withBytes { Array($0) }
    scan()
  }

  /// A line as it was before it was sealed.
  func text(of line: Line) -> String {
    String(decoding: bytes[line.content], as: UTF8.self) + "}"
  }

  /// The record of a line; nil for one that another release wrote in another way.
  package func entry(of line: Line) -> MetricsEntry? {
    bytes[line.content].withUnsafeBytes { MetricsReader.entry(content: $0) }
  }

  /// Writes the file, as it was read, to another place.
  package func copy(to place: String) throws {
    try Files.writeDurably(to: place) { try $0.write(bytes) }
  }

  private mutating func scan() {
    bytes.withUnsafeBytes { bytes in
      var (number, offset) = (1, 0)
      var previous = start
      // Behind a line that is not as it was written, nobody knows what the next one comes after.
      var isKnown = true
      while let length = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")).map({ $0 - offset }) {
        let line = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        let seal = LineSeal.read(line)
        let head = MetricsReader.head(of: line)
        if let seal, seal.isWhole, let (kind, step) = head {
          if isKnown && seal.after != previous {
            problems.append(Problem(line: number, flaw: .misplaced, step: step))
          }
          lines.append(
            Line(
              number: number, kind: Kind(kind), step: step,
              content: offset..<offset + seal.contentCount, end: offset + length + 1,
              checksum: seal.checksum))
          (previous, isKnown) = (seal.checksum, true)
        } else {
          let flaw: Problem.Flaw = head == nil ? .foreign : seal == nil ? .cut : .changed
          problems.append(Problem(line: number, flaw: flaw, step: head?.step))
          isKnown = false
        }
        number += 1
        offset += length + 1
      }
      tornBytes = bytes.count - offset
    }
  }
}
