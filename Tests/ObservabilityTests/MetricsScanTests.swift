// Whatever happens to the lines of a metrics file is found and named.

import Basics
import Observability
import TestSupport
import Testing

@Suite("Lines of the metrics and their seals") struct MetricsScanTests {
  private let folder: TemporaryFolder
  private let path: String

  /// Ten lines: an event behind each of five steps.
  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/metrics.jsonl"
    let log = try MetricsFile(continuing: MetricsScan(path: path, runIdentity: "run"))
    for index in 1...5 {
      let record = StepRecord(
        step: Step(index: index), weightedLoss: 0.5,
        means: stepMeans(plain: 0.5, overlap: 0.25, maskRatio: 0.75), learningRate: 0.1,
        gradientNorm: 2, pairs: 32, seconds: 0.5,
        workers: 2, bytesIn: 1, bytesOut: 1, digest: Digest(high: 1, low: 2),
        chain: Digest(high: 3, low: 4))
      try log.append(record, at: WallTime(milliseconds: Int64(index)))
      let event = EventRecord(step: Step(index: index), event: "joined", worker: "w")
      try log.append(event, at: WallTime(milliseconds: Int64(index)))
    }
  }

  private func problems(
    run: String = "run", _ change: (inout [String]) -> Void
  ) throws -> [String] {
    var lines = try Files.readText(path).split(separator: "\n").map(String.init)
    change(&lines)
    try Files.writeDurably(lines.map { $0 + "\n" }.joined(), to: path)
    return try MetricsScan(path: path, runIdentity: run).problems.map(\.description)
  }

  private func misplaced(_ line: Int, step: Int) -> String {
    "line \(line) (at step \(step)) does not follow the line before it: lines are missing, doubled "
      + "or in another order"
  }

  @Test("Nothing is wrong with a file as it was written")
  func sound() throws {
    #expect(try problems { _ in } == [])
  }

  @Test("Each byte of a line counts, that of its seal too")
  func changed() throws {
    let lines = try Files.readText(path).split(separator: "\n").map(String.init)
    for place in 0..<lines[4].utf8.count {
      var bytes = Array(lines[4].utf8)
      bytes[place] ^= 1
      let damaged = lines[..<4] + [String(decoding: bytes, as: UTF8.self)] + lines[5...]
      try Files.writeDurably(damaged.map { $0 + "\n" }.joined(), to: path)
      let scan = try MetricsScan(path: path, runIdentity: "run")
      #expect(scan.problems.map(\.line) == [5], "byte \(place)")
      #expect(scan.lines.count == 9)
    }
  }

  @Test("A line that is gone is missed by the next one")
  func gone() throws {
    #expect(try problems { $0.remove(at: 3) } == [misplaced(4, step: 3)])
  }

  @Test("The first line that is gone is missed too")
  func firstGone() throws {
    #expect(try problems { $0.removeFirst() } == [misplaced(1, step: 1)])
  }

  @Test("Lines in another order do not follow each other")
  func reordered() throws {
    #expect(
      try problems { $0.swapAt(2, 3) }
        == [misplaced(3, step: 2), misplaced(4, step: 2), misplaced(5, step: 3)])
  }

  @Test("A line that is there twice is named")
  func doubled() throws {
    #expect(try problems { $0.insert($0[2], at: 3) } == [misplaced(4, step: 2)])
  }

  @Test("A line that no run writes is named")
  func foreign() throws {
    #expect(
      try problems { $0.insert("2026-11-27T01:04:02Z info not a metric", at: 6) }
        == ["line 7 is not a line that Terrane writes"])
  }

  @Test("A line that lost its end is named as one of its step, and not as a foreign one")
  func cut() throws {
    #expect(
      try problems { $0[4] = String($0[4].dropLast(7)) }
        == ["line 5 (at step 3) is cut short or was changed after it was written"])
  }

  @Test("A value that was changed is named by line and step")
  func value() throws {
    #expect(
      try problems { $0[4] = $0[4].replacing("\"workers\":2", with: "\"workers\":3") }
        == ["line 5 (at step 3) was changed after it was written"])
  }

  @Test("The metrics of another run do not begin as this one's")
  func otherRun() throws {
    #expect(try problems(run: "other") { _ in } == [misplaced(1, step: 1)])
  }
}
