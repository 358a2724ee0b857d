// Runs on single images, as their user sees them.

import Foundation
import TestSupport
import Testing

@Suite("A run of model.objective: mae") struct SingleImageRunTests {
  private let run: TinyRun

  init() throws {
    run = try TinyRun("model.objective=mae", "training.steps=2", "evaluation.pairs=8")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
  }

  @Test("It is told as images, with the loss of patch means beside its own")
  func inspect() throws {
    let text = try terrane("inspect", run.folder).output
    #expect(text.contains("  model        tiny, MAE, 4 × 8 images a step, 1 worker × 1 thread\n"))
    #expect(text.contains("  patch mean   0.99"))
    #expect(!text.contains("weighted") && !text.contains("copied"))
    let configuration = try String(
      contentsOfFile: run.folder + "/configuration.yaml", encoding: .utf8)
    #expect(configuration.contains("\n  objective: mae\n"))
    #expect(run.log.contains("info held out, step 2: loss "), "\(run.log)")
  }

  @Test("It is drawn with a row an image")
  func reconstruct() throws {
    let path = run.file("images.png")
    let outcome = try terrane("reconstruct", run.folder, "--out", path, "--pairs", "3")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && bytes.count > 10_000)
  }

  @Test("Its encoder leaves like any other, and its card names the objective")
  func export() throws {
    let out = run.file("export")
    let outcome = try terrane("export", run.folder, out)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let card = try String(contentsOfFile: out + "/README.md", encoding: .utf8)
    #expect(card.contains("reconstructs single images ([MAE](https://arxiv.org/abs/2111.06377))"))
    #expect(card.contains("of 32 images. Other values") && card.contains("model.objective: mae"))
    #expect(card.contains("| step | held-out loss | of patch means |\n| ---: | ---: | ---: |\n"))
    let item = try String(contentsOfFile: out + "/item.json", encoding: .utf8)
    #expect(item.contains("a masked autoencoder of satellite images (MAE) after 2 steps"))
  }

  @Test("It goes on as what it was begun as, and as nothing else")
  func otherObjective() throws {
    let resumed = try run.startResuming("model.objective=neighbormae")
    #expect(try resumed.waitForEnd() == 1)
    #expect(
      resumed.errors.contains("model.objective is mae there, not neighbormae"),
      "\(resumed.errors)")
  }
}

@Suite("A run of model.objective: satmae++") struct MultiScaleRunTests {
  @Test("It is told, drawn at every scale and exported")
  func everything() throws {
    let run = try TinyRun(
      "model.objective=satmae++", "model.upsamplings=2", "training.steps=2", "evaluation.pairs=8",
      "model.imageSide=16", "model.patchSide=4", "training.pairsPerMicrobatch=2")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let text = try terrane("inspect", run.folder).output
    #expect(text.contains("  model        tiny, SatMAE++, 4 × 2 images a step, "))
    #expect(text.contains("  patch mean   ") && !text.contains("copied"))
    let path = run.file("scales.png")
    let drawn = try terrane("reconstruct", run.folder, "--out", path, "--pairs", "2")
    #expect(drawn.status == 0, "\(drawn.errors)")
    let out = run.file("export")
    let exported = try terrane("export", run.folder, out, "--decoder")
    #expect(exported.status == 0, "\(exported.errors)")
    let definition = try String(
      contentsOfFile: out + "/pretraining/config.json", encoding: .utf8)
    #expect(definition.contains("\"upsamplings\" : 2"), "\(definition)")
  }
}
