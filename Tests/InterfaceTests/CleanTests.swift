// `terrane clean`, and what a run leaves behind by itself.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("terrane clean") struct CleanTests {
  private func journalBytes(_ run: TinyRun) throws -> Int {
    try Files.list(run.folder + "/journal").reduce(0) {
      try $0 + FileReader("\(run.folder)/journal/\($1)").stamp().byteCount
    }
  }

  @Test("A run that has ended keeps no steps in its journal, and resumes as one that has ended")
  func ended() throws {
    let run = try TinyRun()
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    #expect(try journalBytes(run) < 16 << 10)
    let again = try terrane("train", "--resume", run.folder)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try run.metrics().digests == ReferenceRun.digests())
    #expect(try terrane("verify", run.folder).status == 0)
  }

  @Test("So it is where the last step is evaluated after its checkpoint, and after a resume")
  func evaluatedLast() throws {
    let run = try TinyRun("training.steps=6", "evaluation.everySteps=6", "evaluation.pairs=64")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    #expect(try journalBytes(run) < 16 << 10)
  }

  @Test("What an older program left is removed and counted; a dry run removes nothing")
  func leftovers() throws {
    let run = try TinyRun()
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let old = run.folder + "/journal/after-00000001"
    let partial = run.folder + "/checkpoints/step-00000007.partial"
    let damaged = run.folder + "/metrics.jsonl.damaged"
    try Files.createFolder(partial)
    for path in [old, partial + "/master.safetensors", damaged] {
      try Files.writeDurably(to: path) { try $0.write([UInt8](repeating: 1, count: 1 << 20)) }
    }
    let dry = try terrane("clean", run.folder, "--dry-run")
    #expect(dry.status == 0 && dry.output.contains("could be freed"), "\(dry)")
    #expect(Files.exists(old) && Files.exists(partial))
    let clean = try terrane("clean", run.folder)
    #expect(clean.output.hasSuffix("2.0 MiB freed\n"), "\(clean.output)")
    #expect(!Files.exists(old) && !Files.exists(partial) && Files.exists(damaged))
    #expect(clean.output.contains("metrics.jsonl.damaged  1.0 MiB  damaged, kept"))
    #expect(try terrane("verify", run.folder).status == 0)
    #expect(try terrane("clean", run.folder).output.hasSuffix("there is nothing to remove\n"))
  }

  @Test("The journal of a run that goes on, or whose last checkpoint is damaged, stays")
  func needed() throws {
    let run = try TinyRun("training.steps=4000", "checkpoints.everySteps=1000")
    let training = try run.startTraining()
    try run.waitForStep(5)
    let busy = try terrane("clean", run.folder)
    #expect(busy.status == ExitStatus.runIsHeld.rawValue, "\(busy)")
    training.send(signal: SIGKILL)
    _ = try training.waitForEnd()
    try wait(for: "the coordinator's end") {
      try terrane("clean", run.folder, "--dry-run").status == 0
    }
    let bytes = try journalBytes(run)
    #expect(try terrane("clean", run.folder).status == 0)
    #expect(try journalBytes(run) == bytes && bytes > 0)
    #expect(try terrane("clean", run.folder + "/none").status == 1)
  }
}
