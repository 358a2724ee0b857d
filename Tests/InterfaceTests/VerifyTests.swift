// `terrane verify`, word for word where the words are stable.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("terrane verify", .serialized) struct VerifyTests {
  /// A run of 12 steps, evaluated at the first and the last, with checkpoints at 5 and 12, and one
  /// between where the disk was quick enough.
  private static let soundRun = Result {
    let run = try TinyRun("training.steps=12", "checkpoints.keepJournal=true")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    return run
  }

  /// The steps of the sound run's checkpoints, oldest first.
  private static func checkpoints() throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: soundRun.get().folder + "/checkpoints")
      .compactMap { Int($0.split(separator: "-")[1]) }.sorted()
  }

  /// The step of the last checkpoint but one: the journal goes on from there.
  private static func base() throws -> Int { try #require(checkpoints().dropLast().last) }

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
    let (checkpoints, base) = (try Self.checkpoints(), try Self.base())
    #expect(checkpoints.first == 5 && checkpoints.last == 12)
    let description = [
      run.folder, "  chain        12 steps, unbroken; the last has digest \(digest)",
      "  checkpoints  \(checkpoints.count) whole: \(HumanFormat.numbered("step", checkpoints))",
      "  journal      \(HumanFormat.counted(12 - base, "step")) after step \(base); a resume goes on at "
        + "step 12",
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
    let base = try Self.base()
    let lack =
      "\(folder)/metrics.jsonl lacks the lines of steps 1 to \(base) and the evaluation of step 0"
    #expect(outcome.output.contains("  WRONG        \(lack)\n"), "\(outcome.output)")
    let held = HumanFormat.numbered("step", Array(base + 1...12))
    #expect(outcome.output.contains("; a resume adds the lines of \(held) from the journal\n"))
    let resumed = try terrane("train", "--resume", folder)
    #expect(resumed.status == 0)
    #expect(
      resumed.errors.contains(
        " warning \(lack), which the journal no longer has; the run itself is sound\n"))
    #expect(try RunMetrics(ofRun: folder).steps.map(\.step) == Array(base + 1...12))
  }

  @Test("An evaluation whose line is lost is named; it does not break the chain, now or later")
  func lostEvaluation() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    let lack = "\(folder)/metrics.jsonl lacks the evaluation of step 0"
    try edit(folder + "/metrics.jsonl") { lines in
      lines.removeAll { $0.contains("\"kind\":\"evaluation\",\"step\":0,") }
    }
    #expect(try terrane("verify", folder).output.contains("  WRONG        \(lack)\n"))
    let resumed = try terrane("train", "--resume", folder)
    #expect(resumed.errors.contains(" warning \(lack), which the journal no longer has; "))
    // The lines that are left are in order now.
    let outcome = try terrane("verify", folder)
    #expect(outcome.output.contains("  chain        12 steps, with gaps; "), "\(outcome.output)")
    #expect(outcome.output.components(separatedBy: "WRONG").count == 2, "\(outcome.output)")
    #expect(outcome.output.contains("  WRONG        \(lack)\n"))
  }

  @Test("A resume mends what the journal has, and the run verifies again")
  func mended() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    let metrics = folder + "/metrics.jsonl"
    let before = try RunMetrics(ofRun: folder)
    let base = try Self.base()
    try edit(metrics) { lines in
      let place = lines.firstIndex { $0.contains("\"kind\":\"step\",\"step\":\(base + 1),") }!
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
    let base = try Self.base()
    let name = String(repeating: "0", count: base < 10 ? 7 : 6) + "\(base)"
    for file in ["/checkpoints/step-\(name)/replica.safetensors", "/journal/after-\(name)"] {
      let place = URL(fileURLWithPath: folder + file)
      var bytes = try Data(contentsOf: place)
      bytes[1000] ^= 4
      try bytes.write(to: place)
    }
    let outcome = try terrane("verify", folder)
    #expect(outcome.status == 1)
    let whole = try Self.checkpoints().filter { $0 != base }
    #expect(
      outcome.output.contains(
        "  checkpoints  \(whole.count) whole: \(HumanFormat.numbered("step", whole))\n"))
    #expect(outcome.output.contains("  WRONG        the checkpoint of step \(base): "))
    #expect(
      outcome.output.contains("  WRONG        \(folder)/journal/after-\(name) is damaged at "))
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
