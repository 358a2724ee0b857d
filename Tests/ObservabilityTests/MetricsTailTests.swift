// A watcher reads what a run writes, whatever becomes of the file meanwhile.

import Basics
import Foundation
import Observability
import TestSupport
import Testing

@Suite("Metrics, read as they come") struct MetricsTailTests {
  private func event(_ step: Int, _ word: String) -> EventRecord {
    EventRecord(step: Step(index: step), event: word)
  }

  private func file(_ path: String) throws -> MetricsFile {
    try MetricsFile(continuing: MetricsScan(path: path, runIdentity: "run"))
  }

  @Test("Each record is read once, a line under way not before it is whole")
  func growing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("metrics.jsonl")
    var tail = MetricsTail(path: path)
    #expect(try tail.next().entries.isEmpty)
    let metrics = try file(path)
    try metrics.append(event(1, "joined"), at: .now())
    #expect(try tail.next().entries.map(\.step) == [Step(1)])
    try metrics.append(event(2, "left"), at: .now())
    try metrics.append(event(3, "left"), at: .now())
    #expect(try tail.next().entries.map(\.step) == [Step(2), Step(3)])
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try writer.seekToEnd()
    try writer.write(contentsOf: Data(#"{"kind":"event","step":4,"time":1.0"#.utf8))
    #expect(try tail.next().entries.isEmpty)
    try writer.write(contentsOf: Data("}\n".utf8))
    let batch = try tail.next()
    #expect(batch.entries.map(\.step) == [Step(4)] && !batch.beginsAnew)
  }

  @Test(
    "After a resume from an earlier step everything is read anew, also where the file has grown")
  func resumed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("metrics.jsonl")
    let first = try file(path)
    for step in 1...5 { try first.append(event(step, "joined"), at: .now()) }
    var tail = MetricsTail(path: path)
    #expect(try tail.next().entries.count == 5)
    let second = try file(path)
    try second.cut(after: Step(2))
    // More and longer lines than before, so that the length tells nothing.
    for step in 3...9 { try second.append(event(step, "shardUnreadable"), at: .now()) }
    let batch = try tail.next()
    #expect(batch.beginsAnew)
    #expect(batch.entries.map(\.step.index) == Array(1...9))
    #expect(try !tail.next().beginsAnew)
  }

  @Test("A file is read in pieces, and lines of others are counted")
  func pieces() throws {
    let folder = try TemporaryFolder()
    let line = #"{"kind":"event","step":7,"time":1.0,"event":"left"}"#
    try folder.write([line, "nonsense", "", line, ""].joined(separator: "\n"), to: "metrics.jsonl")
    var tail = MetricsTail(path: folder.file("metrics.jsonl"))
    var (entries, foreign, readings, hasMore) = (0, 0, 0, true)
    while hasMore {
      let batch = try tail.next(limitBytes: line.utf8.count + 1)
      entries += batch.entries.count
      foreign += batch.foreignLines
      readings += 1
      hasMore = batch.hasMore
    }
    #expect(entries == 2 && foreign == 2 && readings > 1)
  }

  @Test("A line without an end is passed over, and reading goes on behind it")
  func endlessLine() throws {
    let folder = try TemporaryFolder()
    let line = #"{"kind":"event","step":7,"time":1.0,"event":"left"}"#
    try folder.write(
      String(repeating: "x", count: 3 << 20) + "\n" + line + "\n", to: "metrics.jsonl")
    var tail = MetricsTail(path: folder.file("metrics.jsonl"))
    var (entries, foreign, hasMore) = (0, 0, true)
    while hasMore {
      let batch = try tail.next()
      entries += batch.entries.count
      foreign += batch.foreignLines
      hasMore = batch.hasMore
    }
    #expect(entries == 1 && foreign == 1)
  }
}
