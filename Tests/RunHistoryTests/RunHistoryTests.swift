// What is shown of a run follows from the files in its folder.

import Basics
import Configuration
import Foundation
import Observability
import RunHistory
import TestSupport
import Testing
import TrainingRun

@Suite("A run, by its folder") struct RunHistoryTests {
  /// A folder with the files of a run, made up.
  private struct MadeRun {
    let scratch: TemporaryFolder
    var folder: RunFolder { RunFolder(scratch.path) }

    init(steps: Int = 100) throws {
      scratch = try TemporaryFolder()
      var configuration = RunConfiguration()
      configuration.training.steps = steps
      try scratch.write(
        configuration.resolvedYAML(input: [], datasets: []), to: "configuration.yaml")
    }

    func write(steps: ClosedRange<Int>) throws {
      let lines = steps.map { step in
        """
        {"kind":"step","step":\(step),"time":\(1000 + step).5,"weightedLoss":\(1.0 / Double(step)),\
        "pairs":32,"seconds":0.5,"bytesIn":10,"bytesOut":20,"workers":2,"digest":"00","chain":"00"}
        """
      }
      try scratch.write(lines.joined(separator: "\n") + "\n", to: "metrics.jsonl")
    }

    func write(_ status: RunStatus) throws {
      try scratch.write(try JSONText.encode(status, .line), to: "status.json")
    }

    func view() -> RunView {
      var history = RunHistory(folder)
      while history.refresh(at: .monotonicNow()) {}
      return history.view(at: .now())
    }
  }

  private func status(ageSeconds: Double = 0) -> RunStatus {
    RunStatus(
      time: WallTime.now().seconds - ageSeconds, startedAt: 0, intervalSeconds: 2,
      coordinator: "process 1 on node1", address: "tcp://node1:5570", step: 3,
      activity: "computing step 4", peakMemoryBytes: 1,
      workers: [
        WorkerStatus(
          name: "w1", threads: 2, shards: 3, state: "computing", lease: "microbatch 1",
          leaseSeconds: 0.5, silentSeconds: 0, usualSeconds: [0.1, 0.2, 0.3, 0.4], slow: nil)
      ])
  }

  @Test("An empty folder has no run, one without a coordinator is silent, and neither is an error")
  func nothing() throws {
    let scratch = try TemporaryFolder()
    var history = RunHistory(RunFolder(scratch.path))
    let hasMore = history.refresh(at: .monotonicNow())
    #expect(!hasMore)
    #expect(history.view(at: .now()).head.state == .absent)
    let head = try MadeRun().view().head
    #expect(head.state == .silent && head.step == 0 && head.steps == 100)
  }

  @Test("A run at work has its workers, its pace and the time left")
  func running() throws {
    let run = try MadeRun()
    try run.write(steps: 1...40)
    try run.write(status())
    let view = run.view()
    #expect(view.head.state == .running && view.head.sentence == "computing step 4")
    #expect(view.head.step == 40 && view.head.secondsLeft == 30 && view.head.pairsPerSecond == 64)
    #expect(view.head.workers.map(\.name) == ["w1"])
    #expect(view.head.totals.pairs == 40 * 32 && view.head.totals.bytesOut == 800)
    #expect(view.head.latest["weightedLoss"] == 0.025)
    #expect(view.steps.rows.count == 40)
  }

  @Test("A status that nobody renews is that of a coordinator which is gone")
  func silent() throws {
    let run = try MadeRun()
    try run.write(steps: 1...40)
    try run.write(status(ageSeconds: 100))
    let head = run.view().head
    #expect(head.state == .silent && head.workers.isEmpty && head.secondsLeft == nil)
    #expect(head.sentence.hasPrefix("its coordinator has said nothing for 1 m 40 s"))
  }

  @Test("A clock that is wrong is no matter where the status is seen to change")
  func otherClock() throws {
    let run = try MadeRun()
    var history = RunHistory(run.folder)
    for age in [5000.0, 4998] {
      try run.write(status(ageSeconds: age))
      _ = history.refresh(at: .monotonicNow())
    }
    #expect(history.head(at: .now()).state == .running)
  }

  @Test("A summary says how a run ended, and a run of an older release ends with its last step")
  func ended() throws {
    let run = try MadeRun(steps: 40)
    try run.write(steps: 1...40)
    #expect(run.view().head.state == .finished)
    let summary = RunSummary(
      outcome: .diverged, reason: "the run has diverged", identity: "a", digest: "b", step: 40,
      steps: 40, ended: .now(), totals: RunSummary.Totals(), peakMemoryBytes: nil)
    try run.scratch.write(try JSONText.encode(summary, .indented), to: "summary.json")
    let head = run.view().head
    #expect(head.state == .diverged && head.sentence == "the run has diverged")
  }

  @Test("After a resume from an earlier step nothing of the later ones is left")
  func resumed() throws {
    let run = try MadeRun()
    try run.write(steps: 1...40)
    var history = RunHistory(run.folder)
    while history.refresh(at: .monotonicNow()) {}
    try run.write(steps: 1...20)
    while history.refresh(at: .monotonicNow()) {}
    let view = history.view(at: .now())
    #expect(view.head.step == 20 && view.steps.rows.count == 20)
    #expect(view.head.totals.pairs == 20 * 32)
    #expect(view.steps.generation > 0)
  }

  @Test("Files that are none are told, and stop nothing")
  func damaged() throws {
    let run = try MadeRun()
    try run.write(steps: 1...3)
    for name in ["status.json", "summary.json"] { try run.scratch.write("{", to: name) }
    try run.scratch.write("training: [", to: "configuration.yaml")
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: run.folder.metrics))
    try file.seekToEnd()
    try file.write(contentsOf: Data("nonsense\n".utf8))
    let head = run.view().head
    #expect(head.step == 3 && head.steps == nil && head.state == .silent)
    #expect(head.problems.count == 2)
    #expect(head.problems[1].hasPrefix("1 line of the metrics cannot be read"))
  }

  @Test("Events stay bounded, the newest ones")
  func events() throws {
    let run = try MadeRun()
    let lines = (1...1000).map { #"{"kind":"event","step":\#($0),"time":1.5,"event":"joined"}"# }
    try run.scratch.write(lines.joined(separator: "\n") + "\n", to: "metrics.jsonl")
    let view = run.view()
    #expect(view.events.count == RunHistory.eventLimit)
    #expect(view.events.last?.number == 1000 && view.head.totals.events["joined"] == 1000)
  }
}
