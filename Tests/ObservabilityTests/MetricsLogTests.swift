// The metrics file, line by line, through crashes and resumes.

import Foundations
import Observability
import Testing

#if canImport(Glibc)
  import Glibc
#endif

private func step(_ index: Int) -> StepRecord {
  StepRecord(
    step: Step(index: index), weightedLoss: 0.1, plainLoss: 1e-5, meanIoU: 0.25,
    meanMaskRatio: 0.775, learningRate: 0.00015, gradientNorm: 2, pairs: 32, seconds: 0.5,
    workers: 2, bytesIn: 1_048_576, bytesOut: 65_536, digest: Digest(high: 1, low: 2),
    chain: Digest(high: 3, low: 4))
}

/// A folder that is gone when its test is over.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = "/tmp/terrane-observability-\(UInt64.random(in: 0 ... .max))"
    try Files.createFolder(path)
  }

  deinit { try? Files.remove(path) }
}

@Suite("Metrics")
struct MetricsLogTests {
  private let folder: TemporaryFolder
  private let path: String
  private let time = WallTime(milliseconds: 1_795_307_467_250)

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/metrics.jsonl"
  }

  /// The steps of the lines in the file.
  private func steps() throws -> [String] {
    try Files.readText(path).split(separator: "\n")
      .map { String($0.drop { !$0.isNumber }.prefix(while: \.isNumber)) }
  }

  private func write(_ text: String) throws { try Files.writeDurably(text, to: path) }

  private func append(_ indices: Int...) throws {
    var log = try MetricsLog(appendingTo: path)
    for index in indices { try log.append(step(index), at: time) }
  }

  @Test("A name that would turn the text around reads back as it was, and is not written as it is")
  func invisible() {
    #expect(
      MetricsLog.line(
        EventRecord(step: Step(1), event: "joined", worker: "w\u{202E}\u{E0041}\u{2028}"), at: time
      ).hasSuffix(#""event":"joined","worker":"w\u202e\udb40\udc41\u2028"}"#))
  }

  @Test("A step is one line with its keys in a fixed order and shortest numbers")
  func stepLine() {
    #expect(
      MetricsLog.line(step(12), at: time)
        == #"{"kind":"step","step":12,"time":1795307467.25,"weightedLoss":0.1,"plainLoss":1e-05,"#
        + #""meanIoU":0.25,"meanMaskRatio":0.775,"learningRate":0.00015,"gradientNorm":2.0,"#
        + #""pairs":32,"seconds":0.5,"pairsPerSecond":64.0,"workers":2,"bytesIn":1048576,"#
        + #""bytesOut":65536,"skipped":0,"digest":"00000000000000010000000000000002","#
        + #""chain":"00000000000000030000000000000004"}"#)
  }

  @Test("An evaluation has the model's losses beside those of the baselines")
  func evaluationLine() {
    let record = EvaluationRecord(
      step: Step(50), model: .init(weighted: 0.5, plain: 0.625),
      patchMean: .init(weighted: 0.875, plain: 1), copy: .init(weighted: 0.75, plain: 1.5),
      pairs: 64, seconds: 3)
    #expect(
      MetricsLog.line(record, at: time)
        == #"{"kind":"evaluation","step":50,"time":1795307467.25,"weightedLoss":0.5,"#
        + #""plainLoss":0.625,"patchMeanWeighted":0.875,"patchMeanPlain":1.0,"copyWeighted":0.75,"#
        + #""copyPlain":1.5,"pairs":64,"seconds":3.0}"#)
  }

  @Test("An event has what is known of it, and any text stays on its line")
  func eventLine() {
    let bare = EventRecord(step: Step(3), event: "resumed")
    #expect(
      MetricsLog.line(bare, at: time)
        == #"{"kind":"event","step":3,"time":1795307467.25,"event":"resumed"}"#)
    let full = EventRecord(
      step: Step(3), event: "worker left", worker: "w-2", detail: "a \"b\"\n\\ \u{1} ü")
    #expect(
      MetricsLog.line(full, at: time)
        == #"{"kind":"event","step":3,"time":1795307467.25,"event":"worker left","worker":"w-2","#
        + #""detail":"a \"b\"\n\\ \u0001 ü"}"#)
  }

  @Test("What is not finite is null", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    var record = step(1)
    record.gradientNorm = value
    #expect(MetricsLog.line(record, at: time).contains(#""gradientNorm":null,"#))
  }

  @Test("Lines are appended across openings")
  func appends() throws {
    try append(1, 2)
    try append(3)
    #expect(
      try Files.readText(path)
        == [1, 2, 3].map { MetricsLog.line(step($0), at: time) + "\n" }.joined())
  }

  @Test("A last line torn by a crash is cut on opening, at whatever byte it was torn")
  func torn() throws {
    let line = MetricsLog.line(step(1), at: time) + "\n"
    for kept in [0, 1, 57, line.utf8.count - 1] {
      try write(line + line.prefix(kept))
      _ = try MetricsLog(appendingTo: path)
      #expect(try Files.readText(path) == line)
    }
    try write(String(line.dropLast()))
    try append(2)
    #expect(try steps() == ["2"])
  }

  @Test("A resume cuts the lines of later steps, of every kind")
  func cut() throws {
    var log = try MetricsLog(appendingTo: path)
    for index in 1...6 {
      try log.append(step(index), at: time)
      try log.append(EventRecord(step: Step(index: index), event: "joined"), at: time)
    }
    try log.cut(after: Step(4))
    #expect(try steps() == ["1", "1", "2", "2", "3", "3", "4", "4"])
    try log.append(step(5), at: time)
    #expect(try steps().last == "5")
  }

  @Test("A resume cuts the evaluation of its own step, which is made again")
  func cutEvaluation() throws {
    var log = try MetricsLog(appendingTo: path)
    let losses = EvaluationRecord.Losses(weighted: 1, plain: 1)
    for index in [2, 4] {
      let evaluation = EvaluationRecord(
        step: Step(index: index), model: losses, patchMean: losses, copy: losses, pairs: 1,
        seconds: 1)
      try log.append(step(index), at: time)
      try log.append(evaluation, at: time)
    }
    try log.cut(after: Step(4))
    #expect(try steps() == ["2", "2", "4"])
  }

  @Test("A resume at the last step cuts nothing; one at the start, everything")
  func cutEnds() throws {
    try append(1, 2, 3)
    var log = try MetricsLog(appendingTo: path)
    try log.cut(after: Step(3))
    #expect(try steps() == ["1", "2", "3"])
    try log.cut(after: Step(0))
    #expect(try Files.readText(path) == "")
    try log.cut(after: Step(0))
  }

  @Test("Lines that are no records do not stop a cut")
  func foreign() throws {
    try append(1, 9)
    try write(try Files.readText(path) + "noise\n\n{\"step\":2}\n")
    var log = try MetricsLog(appendingTo: path)
    try log.cut(after: Step(1))
    #expect(try steps() == ["1"])
  }

  @Test("A full disk is an error that says so")
  func fullDisk() throws {
    var log = try MetricsLog(appendingTo: "/dev/full")
    do {
      try log.append(step(1), at: time)
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.isFullDisk)
      #expect(error.description.hasPrefix("cannot write to /dev/full: No space left on device"))
    }
  }

  @Test("A disk that fills up within a line leaves the lines before it whole")
  func partialWrite() throws {
    var file = try LineFile(appendingTo: path) { descriptor, bytes in
      let room = bytes.count > 10 ? 10 : bytes.count
      return Glibc.write(descriptor, bytes, room)
    }
    try file.append("short")
    #expect(throws: FileError(operation: "write to", path: path, code: ENOSPC)) {
      try file.append("longer than ten bytes")
    }
    #expect(try Files.readText(path) == "short\n")
    try file.append("again")
    #expect(try Files.readText(path) == "short\nagain\n")
  }

  @Test("A folder that is not there is named")
  func noFolder() throws {
    let missing = folder.path + "/none/metrics.jsonl"
    let error = #expect(throws: FileError.self) { _ = try MetricsLog(appendingTo: missing) }
    #expect(error?.path == missing)
  }
}
