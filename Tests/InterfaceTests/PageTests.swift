// A run in sight: its page beside it and from its folder, the same in a terminal, and the files
// that other programs read.

import Foundation
import TestSupport
import Testing

@Suite("A run in sight") struct PageTests {
  /// Where a program says that its page is.
  private func port(of program: RunningProgram) throws -> UInt16 {
    try program.waitForError("the page is at http://127.0.0.1:")
    let rest = program.errors.components(separatedBy: "the page is at http://127.0.0.1:")[1]
    return try #require(UInt16(rest.prefix { $0.isNumber }))
  }

  private func answer(_ path: String, port: UInt16) throws -> String {
    let peer = try RawPeer(port: port)
    defer { peer.vanish() }
    peer.write(
      Array("GET \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".utf8))
    return peer.read()
  }

  @Test("A run with its page open has the digests of one without, and says how it ended")
  func trainedInSight() throws {
    let run = try TinyRun()
    let program = try RunningProgram(
      Repository.terrane, ["train", "--http", "127.0.0.1:0"] + run.options)
    let port = try port(of: program)
    let watcher = try RawPeer(port: port)
    watcher.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    #expect(watcher.read(until: "event: snapshot\n").contains("event: snapshot\n"))
    #expect(try program.waitForEnd() == 0)
    #expect(watcher.read().contains("event: end\n"))
    watcher.vanish()
    #expect(try run.metrics().digests == ReferenceRun.digests())
    let names = try FileManager.default.contentsOfDirectory(atPath: run.folder)
    #expect(!names.contains("status.json"))
    let summary = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: run.folder + "/summary.json")))
    let values = try #require(summary as? [String: Any])
    #expect(values["outcome"] as? String == "finished")
    #expect(values["step"] as? Int == TinyRun.steps)
    let digest = try #require(values["digest"] as? String)
    #expect(try ReferenceRun.digests().last == "\(TinyRun.steps) \(digest)")
    let totals = try #require(values["totals"] as? [String: Any])
    #expect(totals["pairs"] as? Int == TinyRun.steps * 32)
  }

  @Test("Whoever asks is told who is at work")
  func atWork() throws {
    let run = try TinyRun("training.steps=100000")
    let program = try RunningProgram(
      Repository.terrane, ["train", "--http", "127.0.0.1:0"] + run.options)
    let port = try port(of: program)
    try wait(for: "its worker on the page", evidence: program.errors) {
      let state = try answer("/state", port: port)
      return state.contains("\"state\":\"running\"") && state.contains("\"name\":\"worker-1\"")
    }
    program.send(signal: SIGINT)
    #expect(try program.waitForEnd() == 75)
  }

  @Test(
    "A finished run opens on a page, in a terminal and in TensorBoard's files, and two together")
  func finishedRun() throws {
    let run = try TinyRun("training.steps=3")
    #expect(try run.startTraining().waitForEnd() == 0)
    // Another of the same name.
    let other = run.file("other/run")
    try FileManager.default.createDirectory(
      atPath: run.file("other"), withIntermediateDirectories: false)
    try FileManager.default.copyItem(atPath: run.folder, toPath: other)
    let viewer = try RunningProgram(
      Repository.terrane, ["view", run.folder, other, "--http", "127.0.0.1:0"])
    let port = try port(of: viewer)
    try wait(for: "both runs on the page", evidence: viewer.errors) {
      try answer("/state", port: port).components(separatedBy: "\"state\":\"finished\"").count == 3
    }
    let metrics = try answer("/metrics", port: port)
    #expect(metrics.contains("terrane_steps_total{run=\"other/run\"} 3\n"))
    let samples = metrics.split(separator: "\n").filter { $0.hasPrefix("terrane_") }
      .map { $0.prefix { $0 != "}" } }
    #expect(!samples.isEmpty && Set(samples).count == samples.count)
    let page = try terrane("watch", "http://127.0.0.1:\(port)/")
    #expect(page.status == 0 && page.output.contains("step 3 of 3"))
    let folder = try terrane("watch", run.folder)
    #expect(folder.status == 0 && folder.output.hasPrefix("run  finished  all 3 steps are done\n"))
    #expect(!folder.output.contains("\u{1B}"))
    viewer.send(signal: SIGINT)
    #expect(try viewer.waitForEnd() == 0)
    let written = try terrane("tensorboard", run.folder, run.file("logs"))
    #expect(written.status == 0 && written.output.contains("/logs/run/events.out.tfevents."))
    for path in ["/", "//", "/checkpoints/.."] {
      let same = try terrane("tensorboard", run.folder, other + path, run.file("logs"))
      #expect(same.status == 64 && same.errors.contains("have the same name"), "\(same.errors)")
      let inside = try terrane("tensorboard", run.folder + path, run.file("inside"))
      #expect(inside.output.contains("/inside/run/events.out.tfevents."), "\(inside.output)")
    }
  }

  @Test("A port that is taken is told before the run begins, and leaves no folder")
  func takenPort() throws {
    let run = try TinyRun("training.steps=2")
    let first = try RunningProgram(
      Repository.terrane,
      [
        "coordinator", "--insecure", "--listen", "tcp://127.0.0.1:*", "--http",
        "127.0.0.1:0",
      ] + run.options)
    defer { first.kill() }
    let port = try port(of: first)
    let other = try TinyRun("training.steps=2")
    let second = try terraneRun(["train", "--http", "127.0.0.1:\(port)"] + other.options)
    #expect(second.status == 1)
    #expect(
      second.errors
        == "Error: --http: another program listens on 127.0.0.1:\(port) already; choose "
        + "another port, 0 is any that is free\n")
    #expect(!FileManager.default.fileExists(atPath: other.folder))
  }

  private func terraneRun(_ arguments: [String]) throws -> Outcome {
    try run(Repository.terrane, arguments)
  }

  @Test("What cannot be shown is named, with what to do")
  func refusals() throws {
    let scratch = try TemporaryFolder()
    let nowhere = try terrane("view", scratch.path)
    #expect(nowhere.status == 1 && nowhere.errors.contains("holds no run: there is no"))
    let run = try TinyRun("training.steps=1")
    #expect(try run.startTraining().waitForEnd() == 0)
    let twice = try terrane("view", run.folder, run.folder + "/", "--http", "127.0.0.1:0")
    #expect(twice.status == 64 && twice.errors.contains("is named twice"))
    let open = try terrane("train", "--http", "*:0")
    #expect(open.status == 1 && open.errors.contains("--http-token-file"))
    let alone = try terrane("train", "--http-metrics")
    #expect(alone.status == 64 && alone.errors.contains("say where the page is served"))
    let silent = try terrane("watch", "127.0.0.1:1")
    #expect(silent.status == 1 && silent.errors.contains("http://127.0.0.1:1 does not answer"))
    let nothing = try terrane("watch", "nothing-of-that-name")
    #expect(nothing.status == 1 && nothing.errors.contains("neither the folder of a run nor"))
    let single = try terrane("tensorboard", scratch.path)
    #expect(single.status == 64 && single.errors.contains("name at least one run"))
  }
}
