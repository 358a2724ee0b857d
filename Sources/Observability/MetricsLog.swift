// `metrics.jsonl`: everything a run measures, one JSON object a line, in the order of time.

import Foundations

/// The open metrics of a run. Written by the coordinator alone.
public struct MetricsLog: ~Copyable, Sendable {
  private var file: LineFile

  /// Creates the file, or goes on with it; a last line torn by a crash is cut.
  public init(appendingTo path: String) throws(FileError) {
    file = try LineFile(appendingTo: path)
  }

  /// Appends a line in one write: it is whole, or, on an error, absent.
  public mutating func append(
    _ record: some MetricsRecord, at time: WallTime
  ) throws(FileError) {
    try file.append(Self.line(record, at: time))
  }

  /// Appends a line that `line(_:at:)` made.
  package mutating func append(line: String) throws(FileError) { try file.append(line) }

  /// The newest step that the lines tell of; nil where there is none.
  package func lastStep() throws(FileError) -> Step? {
    var found: Step?
    try file.lookBack { line in
      if line.hasPrefix("{\"kind\":\"\(StepRecord.kind)\"") { found = Self.step(of: line) }
      return found != nil
    }
    return found
  }

  /// Cuts what a run that resumes at `step` makes again: the lines of later steps, and evaluations of this one.
  public mutating func cut(after step: Step) throws(FileError) {
    try file.cut { line in
      guard let lineStep = Self.step(of: line) else { return false }
      return lineStep < step || (lineStep == step && !Self.isEvaluation(line))
    }
  }

  private static func isEvaluation(_ line: Substring) -> Bool {
    line.hasPrefix("{\"kind\":\"\(EvaluationRecord.kind)\"")
  }

  /// Returns when all lines are on the disk; worth doing with every checkpoint.
  public func synchronize() throws(FileError) { try file.synchronize() }

  /// The text of one record: `{"kind":"step","step":12,"time":1795307467.25,…}`.
  public static func line(_ record: some MetricsRecord, at time: WallTime) -> String {
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

  /// The step of a line that `line(_:at:)` made; nil for any other text.
  private static func step(of line: Substring) -> Step? {
    guard line.hasPrefix("{\"kind\":"), let key = line.firstRange(of: ",\"step\":") else {
      return nil
    }
    return UInt32(line[key.upperBound...].prefix(while: \.isNumber)).map(Step.init)
  }
}
