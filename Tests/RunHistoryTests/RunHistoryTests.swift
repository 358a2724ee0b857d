// What is shown of a run follows from the files in its folder.

import Basics
import Configuration
import Foundation
import Observability
import RunHistory
import TestSupport
import Testing

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

    func view(at now: WallTime = .now()) -> RunView {
      var history = RunHistory(folder)
      while history.refresh(at: .monotonicNow()) {}
      return history.view(at: now)
    }
  }

  private func status(
    ageSeconds: Double = 0, intervalSeconds: Double = 2, at now: WallTime = .now()
  ) -> RunStatus {
    RunStatus(
      time: now.seconds - ageSeconds, startedAt: 0, intervalSeconds: intervalSeconds,
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
    let now = WallTime.now()
    try run.write(status(ageSeconds: 100, at: now))
    let head = run.view(at: now).head
    #expect(head.state == .silent && head.workers.isEmpty && head.secondsLeft == nil)
    #expect(head.sentence.hasPrefix("its coordinator has said nothing for 1 m 40 s"))
  }

  @Test("A coordinator that loads says so once in two minutes, and is gone some seconds later")
  func loading() throws {
    let run = try MadeRun()
    for (age, state) in [(100.0, RunHead.State.running), (150, .silent)] {
      try run.write(status(ageSeconds: age, intervalSeconds: 120))
      #expect(run.view().head.state == state)
    }
  }

  @Test("Who goes on with a run that ended is at work, although the run's summary is still there")
  func goesOn() throws {
    let run = try MadeRun()
    let summary = RunSummary(
      outcome: .stopped, reason: "stopped", identity: "a", digest: "b", step: 40,
      steps: 100, ended: .now(), totals: RunSummary.Totals(), peakMemoryBytes: nil)
    try run.scratch.write(try JSONText.encode(summary, .indented), to: "summary.json")
    try run.write(status())
    #expect(run.view().head.state == .running)
    try run.write(status(ageSeconds: 100))
    #expect(run.view().head.state == .stopped)
  }

  @Test("At the last step nothing is left, rather than no time")
  func lastStep() throws {
    let run = try MadeRun(steps: 40)
    try run.write(steps: 1...40)
    try run.write(status())
    let head = run.view().head
    #expect(head.state == .running && head.secondsLeft == nil && head.secondsPerStep == 0.5)
  }

  @Test("Numbers of another program's making end nothing; those that are too large are left out")
  func absurd() throws {
    let run = try MadeRun()
    let lines = (1...3).map { step in
      #"{"kind":"step","step":\#(step),"time":1.5,"weightedLoss":0.5,"pairs":4,"seconds":1e308}"#
    }
    try run.scratch.write(lines.joined(separator: "\n") + "\n", to: "metrics.jsonl")
    try run.write(status())
    let view = run.view()
    #expect(view.head.state == .running && view.head.secondsLeft == nil)
    #expect(view.head.totals.trainingSeconds == .greatestFiniteMagnitude)
    #expect(try JSONText.encode(view, .line).contains("\"secondsPerStep\":1e+308"))
    let tiny = #"{"kind":"step","step":1,"time":1.5,"pairs":4,"seconds":1e-320}"#
    try run.scratch.write(tiny + "\n", to: "metrics.jsonl")
    #expect(run.view().head.pairsPerSecond == nil)
    var old = status()
    old.time = -1e300
    try run.write(old)
    #expect(run.view().head.sentence.hasPrefix("its coordinator has said nothing for –"))
  }

  @Test("A pipe in a run's folder holds nobody up", .timeLimit(.minutes(1)))
  func pipes() throws {
    let run = try MadeRun()
    try run.write(steps: 1...3)
    for name in ["journal", "checkpoints", "checkpoints/step-00000001"] {
      try Files.createFolder(run.scratch.file(name))
    }
    try run.scratch.write("12345", to: "journal/segment")
    for name in [
      "journal/x", "checkpoints/step-00000001/x", "status.json", "summary.json",
      "reconstruction.png",
    ] { #expect(mkfifo(run.scratch.file(name), 0o600) == 0) }
    let head = run.view().head
    #expect(head.step == 3 && head.storage.journalBytes == 5)
    try Files.remove(run.folder.metrics)
    #expect(mkfifo(run.folder.metrics, 0o600) == 0)
    #expect(run.view().head.step == 0)
  }

  @Test("Kinds of events beyond a bound are counted as others")
  func kinds() throws {
    let run = try MadeRun()
    let lines = (1...100).map {
      #"{"kind":"event","step":1,"time":1.5,"event":"kind \#($0)"}"#
    }
    try run.scratch.write(lines.joined(separator: "\n") + "\n", to: "metrics.jsonl")
    let events = run.view().head.totals.events
    #expect(events.count == RunSummary.Totals.kindLimit + 1)
    #expect(events["other"] == 100 - RunSummary.Totals.kindLimit)
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
    #expect(view.steps.generation > 0 && history.eventGeneration == 1)
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
