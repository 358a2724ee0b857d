// `checkpoints.keepBest` and `optimizer.average`: what a run leaves for those who use its encoder.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("What a run leaves to export") struct BestCheckpointTests {
  private static let interval = 5

  private func run() throws -> TinyRun {
    // A learning rate so high that losses go up and down.
    try TinyRun(
      "optimizer.baseLearningRate=0.3", "evaluation.everySteps=\(Self.interval)",
      "checkpoints.everySteps=\(Self.interval)", "checkpoints.keepLast=1",
      "checkpoints.keepBest=true")
  }

  /// Steps and held-out losses, as the metrics tell them.
  private func losses(of run: TinyRun) throws -> [(step: Int, loss: Double)] {
    try run.metricsText().split(separator: "\n").compactMap { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard object?["kind"] as? String == "evaluation", let step = object?["step"] as? Int,
        let loss = object?["weightedLoss"] as? Double
      else { return nil }
      return (step, loss)
    }
  }

  private func kept(by run: TinyRun) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: run.folder + "/checkpoints").sorted()
  }

  private func expectBestAndLast(_ run: TinyRun) throws {
    let earlier = try losses(of: run).filter { $0.step > 0 && $0.step < TinyRun.steps }
    try #require(earlier.count == TinyRun.steps / Self.interval - 1)
    let best = try #require(earlier.min { ($0.loss, $0.step) < ($1.loss, $1.step) })
    #expect(best.step < TinyRun.steps - Self.interval, "the losses only fall: nothing is shown")
    let expected = [best.step, TinyRun.steps].map {
      Files.name(of: run.checkpoint(ofStep: $0))
    }
    #expect(try kept(by: run) == expected)
  }

  @Test("The one with the lowest held-out loss stays beside the newest, and can be exported")
  func calm() throws {
    let run = try run()
    #expect(try run.startTraining().waitForEnd() == 0)
    try expectBestAndLast(run)
    let all = try losses(of: run).filter { $0.step > 0 }
    let best = try #require(all.min { ($0.loss, $0.step) < ($1.loss, $1.step) })
    let outcome = try terrane("export", run.folder, run.file("out"), "--from", "best")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(": step \(best.step), "))
  }

  @Test("An average of the parameters survives kill -9, changes no bit of them, and is exported")
  func average() throws {
    let overrides = ["optimizer.average=0.9", "checkpoints.everySteps=10"]
    let calm = try TinyRun(overrides)
    #expect(try calm.startTraining().waitForEnd() == 0)
    let killed = try TinyRun(overrides)
    let training = try killed.startTraining()
    try killed.waitForStep(17)
    training.kill()
    _ = try training.waitForEnd()
    #expect(try killed.startResuming().waitForEnd() == 0)
    let plain = try TinyRun("checkpoints.everySteps=10")
    #expect(try plain.startTraining().waitForEnd() == 0)
    func bytes(_ run: TinyRun, _ name: String) -> Data? {
      FileManager.default.contents(atPath: run.checkpoint(ofStep: TinyRun.steps) + "/" + name)
    }
    let average = try #require(bytes(calm, "average.safetensors"))
    #expect(bytes(killed, "average.safetensors") == average)
    #expect(
      bytes(plain, "parameters.safetensors") == bytes(calm, "parameters.safetensors"))
    #expect(bytes(plain, "average.safetensors") == nil)

    func exported(_ choice: String) throws -> Data? {
      let outcome = try terrane("export", calm.folder, calm.file(choice), "--from", choice)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return FileManager.default.contents(atPath: calm.file(choice) + "/model.safetensors")
    }
    #expect(try exported("average") != exported("newest"))
    let none = try terrane("export", plain.folder, plain.file("out"), "--from", "average")
    #expect(none.status == 1)
    #expect(
      none.errors
        == "Error: \(plain.folder) keeps no average of its parameters; a new run does with "
        + "--set optimizer.average=0.999\n")
  }

  @Test("So it is where the run was killed in its middle")
  func killed() throws {
    let run = try run()
    let training = try run.startTraining()
    try run.waitForStep(23)
    training.kill()
    _ = try training.waitForEnd()
    #expect(try run.startResuming().waitForEnd() == 0)
    try expectBestAndLast(run)
  }
}
