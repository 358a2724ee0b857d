// The metrics file, line by line, through crashes and resumes.

import Basics
import Observability
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

private func step(_ index: Int) -> StepRecord {
  var phases = StepPhases()
  (phases.data, phases.compute, phases.encode) = (0.125, 1.5, 9.6e-7)
  return StepRecord(
    step: Step(index: index), weightedLoss: 0.1,
    means: stepMeans(plain: 1e-5, overlap: 0.25, maskRatio: 0.775), learningRate: 0.00015,
    gradientNorm: 2, pairs: 32, seconds: 0.5,
    workers: 2, bytesIn: 1_048_576, bytesOut: 65_536, phases: phases,
    digest: Digest(high: 1, low: 2), chain: Digest(high: 3, low: 4))
}

extension Checksum {
  /// 16 hexadecimal digits.
  fileprivate static func of(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { of($0) }.zeroPadded(to: 16, radix: 16)
  }
}

@Suite("Metrics")
struct MetricsFileTests {
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

  private func scan() throws -> MetricsScan { try MetricsScan(path: path, runIdentity: "run") }

  /// Opens the file as it is.
  private func open() throws -> MetricsFile { try MetricsFile(continuing: try scan()) }

  private func append(_ indices: Int...) throws {
    let file = try open()
    for index in indices { try file.append(step(index), at: time) }
  }

  @Test("A name that would turn the text around reads back as it was, and is not written as it is")
  func invisible() {
    #expect(
      MetricsEntry(
        EventRecord(step: Step(1), event: "joined", worker: "w\u{202E}\u{E0041}\u{2028}"), at: time
      ).json.hasSuffix(#""event":"joined","worker":"w\u202e\udb40\udc41\u2028"}"#))
  }

  @Test("A step is one line with its keys in a fixed order and shortest numbers")
  func stepLine() {
    #expect(
      MetricsEntry(step(12), at: time).json
        == #"{"kind":"step","step":12,"time":1795307467.25,"weightedLoss":0.1,"plainLoss":1e-05,"#
        + #""meanIoU":0.25,"meanMaskRatio":0.775,"learningRate":0.00015,"gradientNorm":2.0,"#
        + #""pairs":32,"seconds":0.5,"pairsPerSecond":64.0,"workers":2,"bytesIn":1048576,"#
        + #""bytesOut":65536,"dataSeconds":0.125,"computeSeconds":1.5,"encodeSeconds":1e-06,"#
        + #""networkSeconds":0.0,"reduceSeconds":0.0,"updateSeconds":0.0,"commitSeconds":0.0,"#
        + #""skipped":0,"digest":"00000000000000010000000000000002","#
        + #""chain":"00000000000000030000000000000004"}"#)
  }

  @Test("An evaluation has the model's losses beside those of the baselines")
  func evaluationLine() {
    let record = EvaluationRecord(
      step: Step(50), weightedLoss: 0.5,
      means: evaluationMeans(plain: 0.625, patchMean: [0.875, 1], copy: [0.75, 1.5]), pairs: 64,
      seconds: 3, wallSeconds: 1.5, chain: Digest(high: 5, low: 6))
    #expect(
      MetricsEntry(record, at: time).json
        == #"{"kind":"evaluation","step":50,"time":1795307467.25,"weightedLoss":0.5,"#
        + #""plainLoss":0.625,"patchMeanWeighted":0.875,"patchMeanPlain":1.0,"copyWeighted":0.75,"#
        + #""copyPlain":1.5,"pairs":64,"seconds":3.0,"wallSeconds":1.5,"#
        + #""chain":"00000000000000050000000000000006"}"#)
  }

  @Test("An event has what is known of it, and any text stays on its line")
  func eventLine() {
    let bare = EventRecord(step: Step(3), event: "resumed")
    #expect(
      MetricsEntry(bare, at: time).json
        == #"{"kind":"event","step":3,"time":1795307467.25,"event":"resumed"}"#)
    let full = EventRecord(
      step: Step(3), event: "worker left", worker: "w-2", detail: "a \"b\"\n\\ \u{1} ü")
    #expect(
      MetricsEntry(full, at: time).json
        == #"{"kind":"event","step":3,"time":1795307467.25,"event":"worker left","worker":"w-2","#
        + #""detail":"a \"b\"\n\\ \u0001 ü"}"#)
  }

  @Test("What is not finite is null", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    var record = step(1)
    record.gradientNorm = value
    #expect(MetricsEntry(record, at: time).json.contains(#""gradientNorm":null,"#))
  }

  @Test("Lines are appended across openings, each sealed after the one before")
  func appends() throws {
    try append(1, 2)
    try append(3)
    let scan = try scan()
    #expect(scan.problems == [] && scan.tornBytes == 0)
    #expect(
      scan.lines.compactMap { scan.entry(of: $0) }
        == [1, 2, 3].map { MetricsEntry(step($0), at: time) })
    // XXH3-64 of "run", as `xxhsum -H3` prints it, and of the first line up to its checksum.
    let first = try Files.readText(path).split(separator: "\n")[0]
    let start = Checksum.of("run")
    #expect(first.contains(#","after":"\#(start)","checksum":""#))
    let content = String(first.prefix(first.count - #","checksum":"0123456789abcdef"}"#.count))
    #expect(first == content + #","checksum":"\#(Checksum.of(content))"}"#)
  }

  @Test("A last line torn by a crash is cut on opening, at whatever byte it was torn")
  func torn() throws {
    try append(1)
    let line = try Files.readText(path)
    for kept in [0, 1, 57, line.utf8.count - 1] {
      try write(line + line.prefix(kept))
      let torn = try scan()
      #expect(torn.problems == [] && torn.lines.count == 1 && torn.tornBytes == kept)
      _ = try MetricsFile(continuing: torn)
      #expect(try Files.readText(path) == line)
    }
    try write(String(line.dropLast()))
    try append(2)
    #expect(try steps() == ["2"])
    #expect(try scan().problems == [])
  }

  @Test("Lines of later steps are cut, and the next one follows the last that stayed")
  func cut() throws {
    try append(1, 2, 3)
    let file = try open()
    try file.cut(after: Step(2))
    try file.append(step(9), at: time)
    #expect(try steps() == ["1", "2", "9"])
    #expect(try scan().problems == [])
    try open().cut(after: Step(0))
    #expect(try Files.readText(path) == "")
  }

  @Test("A file is replaced by other lines as a whole, and goes on behind them")
  func replace() throws {
    try append(1, 2, 3)
    let scan = try scan()
    let lines = [7, 8].map { MetricsFile.Line.made(MetricsEntry(step($0), at: time)) }
    let file = try MetricsFile(replacing: scan, by: [.kept(scan.lines[1])] + lines)
    try file.append(step(9), at: time)
    #expect(try steps() == ["2", "7", "8", "9"])
    #expect(try self.scan().problems == [])
  }

  @Test("A full disk is an error that says so")
  func fullDisk() throws {
    let full = try MetricsScan(path: "/dev/full", runIdentity: "run")
    let file = try MetricsFile(continuing: full)
    let error = #expect(throws: FileError.self) { try file.append(step(1), at: time) }
    #expect(error?.isFullDisk == true)
    let text = "cannot write to /dev/full: No space left on device"
    #expect(error?.description.hasPrefix(text) == true)
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
    let nothing = try MetricsScan(path: missing, runIdentity: "run")
    #expect(nothing.isMissing && nothing.lines.isEmpty)
    let error = #expect(throws: FileError.self) {
      _ = try MetricsFile(continuing: nothing)
    }
    #expect(error?.path == missing)
  }
}
