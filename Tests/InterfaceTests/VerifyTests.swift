// `terrane verify`, word for word where the words are stable.

import Foundation
import TestSupport
import Testing

@Suite("terrane verify", .serialized) struct VerifyTests {
  /// A run of 12 steps with checkpoints at 5, 10 and 12. Where the disk was too slow for the second one to be
  /// ordered in time, another run is made.
  private static let soundRun = Result {
    for _ in 1...5 {
      let run = try TinyRun("training.steps=12")
      _ = try run.startTraining().waitForEnd()
      let checkpoints = try FileManager.default.contentsOfDirectory(
        atPath: run.folder + "/checkpoints")
      if checkpoints.contains("step-00000010") { return run }
    }
    throw SlowDisk()
  }

  private struct SlowDisk: Error {}

  /// A copy that a test may damage.
  private func copy(_ scratch: TemporaryFolder) throws -> String {
    let place = scratch.file("copy")
    try FileManager.default.copyItem(atPath: try Self.soundRun.get().folder, toPath: place)
    return place
  }

  private func edit(_ path: String, _ change: (inout [String]) -> Void) throws {
    var lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
    change(&lines)
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test("A sound run, and that it equals itself")
  func sound() throws {
    let run = try Self.soundRun.get()
    let digest = try #require(try run.metrics().digests.last).split(separator: " ")[1]
    let lines = try run.metricsText().split(separator: "\n").count
    let outcome = try terrane("verify", run.folder, run.folder)
    let description = [
      run.folder, "  chain        12 steps, unbroken; the last has digest \(digest)",
      "  checkpoints  3 whole: steps 5, 10 and 12",
      "  journal      2 steps after step 10; a resume goes on at step 12",
      "  metrics      \(lines) lines as they were written",
    ]
    #expect(
      outcome.output.split(separator: "\n").map(String.init)
        == description + description + ["equal: all 12 steps that both made"])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
  }

  @Test("Lines of the metrics that were changed, lost or put there are named")
  func damagedMetrics() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    let metrics = folder + "/metrics.jsonl"
    var place = 0
    try edit(metrics) { lines in
      place = lines.firstIndex { $0.contains("\"kind\":\"step\",\"step\":7,") }!
      lines[place] = lines[place].replacingOccurrences(of: "\"workers\":1", with: "\"workers\":2")
    }
    let changed = try terrane("verify", folder)
    #expect(changed.status == 1)
    #expect(
      changed.output.contains(
        "  WRONG        \(metrics): line \(place + 1) (at step 7) was changed after it was written\n"
      ))
    try edit(metrics) { lines in
      lines[place] = "2026-11-27T01:04:02Z info not a metric"
      lines.remove(at: place - 2)
    }
    let foreign = try terrane("verify", folder)
    #expect(foreign.status == 1)
    #expect(foreign.output.contains("line \(place - 1) (at step "))
    #expect(foreign.output.contains("does not follow the line before it"))
    #expect(
      foreign.output.contains(
        "  WRONG        \(metrics): line \(place) is not a line that Terrane writes\n"))
  }

  @Test(
    "Metrics that were deleted are missed; a resume adds what the journal has and says the rest")
  func deletedMetrics() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    try FileManager.default.removeItem(atPath: folder + "/metrics.jsonl")
    let outcome = try terrane("verify", folder)
    #expect(outcome.status == 1)
    #expect(
      outcome.output.contains(
        "  WRONG        \(folder)/metrics.jsonl lacks the lines of steps 1 to 10\n"))
    #expect(outcome.output.contains("; a resume adds steps 11 and 12 from the journal\n"))
    let resumed = try terrane("train", "--resume", folder)
    #expect(resumed.status == 0)
    #expect(
      resumed.errors.contains(
        " warning \(folder)/metrics.jsonl lacks the lines of steps 1 to 10, which the journal no "
          + "longer has; the run itself is sound\n"))
    #expect(try RunMetrics(ofRun: folder).steps.map(\.step) == [11, 12])
  }

  @Test("A resume mends what the journal has, and the run verifies again")
  func mended() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    let metrics = folder + "/metrics.jsonl"
    let before = try RunMetrics(ofRun: folder)
    try edit(metrics) { lines in
      let place = lines.firstIndex { $0.contains("\"kind\":\"step\",\"step\":11,") }!
      lines[place] = String(lines[place].dropLast(7))
    }
    let resumed = try terrane("train", "--resume", folder)
    #expect(resumed.status == 0)
    #expect(resumed.errors.contains("mended with 1 line of the journal, and kept as it was as "))
    #expect(try RunMetrics(ofRun: folder).digests == before.digests)
    #expect(try terrane("verify", folder).status == 0)
    #expect(FileManager.default.fileExists(atPath: metrics + ".damaged"))
  }

  @Test("It only reads: a run that nobody may write to is verified, and nothing of it changes")
  func readOnly() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    try FileManager.default.removeItem(atPath: folder + "/lock")
    let files = FileManager.default
    func names() throws -> [String] {
      try files.subpathsOfDirectory(atPath: folder).sorted().map { name in
        let date = try files.attributesOfItem(atPath: "\(folder)/\(name)")[.modificationDate]
        return "\(name) \(date as? Date ?? .distantPast)"
      }
    }
    let before = try names()
    #expect(try terrane("verify", folder).status == 0)
    #expect(try names() == before)
  }

  @Test("A run that is at work is verified beside it, a line that is being written is not damage")
  func atWork() throws {
    let run = try TinyRun("training.steps=100000", "evaluation.everySteps=0")
    let training = try run.startTraining()
    try run.waitForStep(12)
    for _ in 1...3 {
      let outcome = try terrane("verify", run.folder)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.output.contains("  journal      not looked at: another process is at work"))
    }
    #expect(!training.hasEnded)
  }

  @Test("A damaged checkpoint and a damaged journal are named")
  func damage() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    for file in ["/checkpoints/step-00000010/replica.safetensors", "/journal/after-00000010"] {
      let place = URL(fileURLWithPath: folder + file)
      var bytes = try Data(contentsOf: place)
      bytes[1000] ^= 4
      try bytes.write(to: place)
    }
    let outcome = try terrane("verify", folder)
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("  checkpoints  2 whole: steps 5 and 12\n"))
    #expect(outcome.output.contains("  WRONG        the checkpoint of step 10: "))
    #expect(
      outcome.output.contains("  WRONG        \(folder)/journal/after-00000010 is damaged at "))
  }

  @Test("Two runs that differ part at a step")
  func parting() throws {
    let other = try TinyRun("training.steps=12", "run.seed=2")
    #expect(try other.startTraining().waitForEnd() == 0)
    let outcome = try terrane("verify", Self.soundRun.get().folder, other.folder)
    #expect(outcome.status == 1)
    let last = try #require(outcome.output.split(separator: "\n").last)
    #expect(
      last.hasPrefix(
        "DIFFERENT: different from the evaluation of step 0 on: "
          + "weightedLoss is "))
    #expect(last.hasSuffix(" in \(other.folder)"))
  }
}
