// `terrane verify`, word for word where the words are stable.

import Foundation
import TestSupport
import Testing

@Suite("terrane verify", .serialized) struct VerifyTests {
  /// A run of 12 steps with checkpoints at 5, 10 and 12.
  private static let soundRun = Result {
    let run = try TinyRun("training.steps=12")
    _ = try run.startTraining().waitForEnd()
    return run
  }

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
    let outcome = try terrane("verify", run.folder, run.folder)
    let description = [
      run.folder, "  chain        12 steps, unbroken; the last has digest \(digest)",
      "  checkpoints  3 whole: steps 5, 10, 12",
      "  journal      2 steps after step 10; a resume goes on at step 12",
    ]
    #expect(
      outcome.output.split(separator: "\n").map(String.init)
        == description + description + ["equal: all 12 steps that both made"])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
  }

  @Test(
    "A digest that was changed breaks the chain at its step, and a step that is gone leaves a gap")
  func brokenChain() throws {
    let scratch = try TemporaryFolder()
    let folder = try copy(scratch)
    let metrics = folder + "/metrics.jsonl"
    try edit(metrics) { lines in
      let place = lines.firstIndex { $0.contains("\"kind\":\"step\",\"step\":7,") }!
      lines[place] = lines[place].replacingOccurrences(of: "\"digest\":\"", with: "\"digest\":\"0")
        .replacingOccurrences(of: "\",\"chain", with: "X\",\"chain")
        .replacingOccurrences(
          of: "[0-9a-f]X\",\"chain", with: "\",\"chain", options: .regularExpression)
    }
    let changed = try terrane("verify", folder)
    #expect(changed.status == 1)
    #expect(changed.output.contains("  WRONG        \(metrics): the chain at step 7 is "))
    try edit(metrics) { $0.removeAll { $0.contains("\"kind\":\"step\",\"step\":7,") } }
    let gap = try terrane("verify", folder)
    #expect(gap.status == 1)
    #expect(gap.output.contains("after step 6 the metrics tell of step 8"))
    try edit(metrics) { $0[3] = "{\"kind\":\"step\",\"step\":" }
    let torn = try terrane("verify", folder)
    #expect(torn.status == 1)
    #expect(torn.errors == "Error: \(metrics): line 4 should tell of a step and cannot be read\n")
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
    #expect(outcome.output.contains("  checkpoints  2 whole: steps 5, 12\n"))
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
    #expect(
      outcome.output.hasSuffix("DIFFERENT: equal up to step 0, different from step 1 on\n"))
  }
}
