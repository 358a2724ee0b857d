// What was recorded is what is read, and what the journal keeps of it too.

import Basics
import Foundation
import Observability
import TestSupport
import Testing

/// The sink of these tests: a run's records in memory.
private final class MemorySink: MetricsSink {
  private(set) var entries: [MetricsEntry] = []
  private(set) var durable = 0

  func append(_ entry: MetricsEntry) { entries.append(entry) }
  func cut(after step: Step) { entries.removeAll { $0.step > step } }
  func synchronize() { durable = entries.count }
}

@Suite("Records of a run, written and read") struct MetricsReaderTests {
  private static let time = WallTime(milliseconds: 1_795_307_467_250)

  private static func step(_ index: Int, gradientNorm: Double = 2) -> StepRecord {
    StepRecord(
      step: Step(index: index), weightedLoss: 0.1,
      means: stepMeans(plain: 1e-5, overlap: 1, maskRatio: 0),
      learningRate: 2.2250738585072014e-308, gradientNorm: gradientNorm, pairs: 32, seconds: 0.5,
      workers: 2, bytesIn: 1 << 53, bytesOut: 0, digest: Digest(high: 1, low: 2),
      chain: Digest(high: 3, low: 4))
  }

  private static let records: [any MetricsRecord] = [
    step(1), step(2),
    EvaluationRecord(
      step: Step(2), weightedLoss: 1e300,
      means: evaluationMeans(plain: -0.0, patchMean: [1e300, -0.0], copy: [1e300, 0.1]), pairs: 4,
      seconds: 1, chain: Digest(high: 5, low: 6)),
    EventRecord(
      step: Step(2), event: "left", worker: "w-\u{202E}\u{E0041}", detail: "a \"b\"\n\\ ü"),
    step(3),
  ]

  /// A run that comes up again at step 2 and makes step 3 anew.
  private func record(into sink: some MetricsSink) throws {
    for record in Self.records { try sink.append(record, at: Self.time) }
    try sink.synchronize()
  }

  private func resume(_ sink: some MetricsSink) throws {
    try sink.cut(after: Step(2))
    try sink.append(EventRecord(step: Step(2), event: "resumed"), at: Self.time)
    try sink.append(Self.step(3), at: Self.time)
  }

  @Test("A file gives back what another sink holds, before a resume and after it")
  func sinks() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("metrics.jsonl")
    func file() throws -> MetricsFile {
      try MetricsFile(continuing: MetricsScan(path: path, runIdentity: "run"))
    }
    let memory = MemorySink()
    try record(into: memory)
    try record(into: file())
    #expect(memory.durable == 5)
    #expect(try MetricsReader.entries(inFileAt: path) == memory.entries)
    try resume(memory)
    try resume(file())
    #expect(memory.entries.map(\.step.index) == [1, 2, 2, 2, 2, 3])
    #expect(try MetricsReader.entries(inFileAt: path) == memory.entries)
    let scan = try MetricsScan(path: path, runIdentity: "run")
    #expect(scan.problems.isEmpty)
    #expect(scan.lines.compactMap { scan.entry(of: $0) } == memory.entries)
  }

  @Test("A line that was read is written again as the same bytes", arguments: records.indices)
  func sameBytes(place: Int) throws {
    let line = MetricsEntry(Self.records[place], at: Self.time).json
    let entry = try #require(MetricsReader.entry(line.utf8))
    #expect(entry == MetricsEntry(Self.records[place], at: Self.time))
    #expect(entry.json == line)
  }

  @Test("An entry that was encoded is written as the same line", arguments: records.indices)
  func codable(place: Int) throws {
    let entry = MetricsEntry(Self.records[place], at: Self.time)
    let copy = try JSONDecoder().decode(
      MetricsEntry.self, from: Data(JSONText.encode(entry, .line).utf8))
    #expect(copy == entry)
    #expect(copy.json == entry.json)
  }

  @Test("What is not finite is null in every form", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) throws {
    let entry = MetricsEntry(Self.step(1, gradientNorm: value), at: Self.time)
    let copy = try JSONDecoder().decode(
      MetricsEntry.self, from: Data(JSONText.encode(entry, .line).utf8))
    #expect(copy.json == entry.json)
    let read = try #require(MetricsReader.entry(entry.json.utf8))
    #expect(read.number("gradientNorm")?.isNaN == true)
    #expect(read.json == entry.json)
  }

  @Test(
    "What is not a line of the metrics is not read",
    arguments: [
      "", "{", #"{"kind":"event","step":1,"time":null}"#,
      #"{"kind":"event","step":1,"time":1e300}"#, "{}", "noise", #"{"kind":"step","step":1}"#,
      #"{"kind":"step","step":-1,"time":1.0}"#,
      #"{"kind":"step","step":4294967296,"time":1.0}"#, #"{"step":1,"kind":"step","time":1.0}"#,
      #"{"kind":"event","step":1,"time":1.0,"a":[1]}"#,
      #"{"kind":"event","step":1,"time":1.0,"a":}"#,
      #"{"kind":"event","step":1,"time":1.0,"a":true}"#,
      #"{"kind":"event","step":1,"time":1.0,"a"}"#,
      #"{"kind":"event","step":1,"time":1.0,"a":"b}"#,
      #"{"kind":"event","step":1,"time":1.0,"a":"\u12"}"#,
      #"{"kind":"event","step":1,"time":1.0,"a":"\ud800"}"#,
      #"{"kind":"event","step":1,"time":1.0,}"#,
    ])
  func foreign(line: String) { #expect(MetricsReader.entry(line.utf8) == nil) }
}
