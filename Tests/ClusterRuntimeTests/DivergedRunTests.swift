// Runs that diverge, and what of them can be gone on from.

import Basics
import Checkpoints
import ClusterRuntime
import Coordination
import Foundation
import Observability
import Tensors
import TestSupport
import Testing
import TrainingRun

@Suite("Runs that diverge") struct DivergedRunTests {
  /// Almost no denominator under the moments: parameters and gradients soon leave the range of
  /// floats.
  private static let wild = [
    "optimizer.baseLearningRate=0.02", "optimizer.beta2=0", "optimizer.epsilon=1e-16",
    "optimizer.weightDecay=0", "optimizer.warmupShare=0", "run.seed=5", "training.steps=120",
    "model.decoderWidth=32", "training.microbatchesPerStep=16", "training.pairsPerMicrobatch=2",
  ]

  @Test("It says so once, keeps the steps before, and a resume says the same with the same bits")
  func diverges() throws {
    let run = try TinyRun(Self.wild)
    let training = try run.startTraining()
    #expect(try training.waitForEnd() == ExitStatus.diverged.rawValue, "\(training.errors)")
    let steps = try run.metrics().digests
    let sentence =
      "error the run has diverged at step \(steps.count + 1): its gradient has a norm of "
    #expect(run.log.contains(sentence), "\(run.log)")
    #expect(run.log.components(separatedBy: "the run has diverged").count == 2, "\(run.log)")
    #expect(run.log.utf8.count < 10_000)
    // Its workers were told, and end for no other reason.
    #expect(!training.errors.contains("starting another"), "\(training.errors)")

    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == ExitStatus.diverged.rawValue, "\(resumed.errors)")
    #expect(resumed.errors.contains(sentence), "\(resumed.errors)")
    #expect(try run.metrics().digests == steps)
  }

  @Test("Steps are skipped in the same way by two workers, after a kill of everything and a resume")
  func skips() throws {
    let options = [
      "optimizer.baseLearningRate=0.05", "optimizer.onDivergence=skip",
      "optimizer.divergenceFactor=3",
    ]
    let reference = try TinyRun(options)
    #expect(try reference.startTraining().waitForEnd() == 0, "\(reference.log)")
    let digests = try reference.metrics().digests
    let skipped = try reference.metricsText().split(separator: "\n").filter {
      $0.contains("\"skipped\":1,")
    }
    #expect(!skipped.isEmpty)
    #expect(
      reference.log.components(separatedBy: " is skipped: its gradient has a norm of ").count
        == skipped
        .count + 1)

    let other = try TinyRun(options + ["workers.count=2"])
    let training = try other.startTraining()
    // The first outlier is at step 10: its norm is in the history that comes back.
    try other.waitForStep(12)
    training.kill()
    let resumed = try other.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    #expect(try other.metrics().digests == digests)
    #expect(
      try TestSupport.run(Repository.terrane, ["verify", reference.folder, other.folder]).status
        == 0)
  }

  /// A run of 12 steps with checkpoints at 5 and 12, and perhaps one between, of which the last
  /// holds a parameter that is not finite, as an earlier release would have written it.
  private func runWithSpoiltCheckpoint() throws -> TinyRun {
    let run = try TinyRun("training.steps=12", "checkpoints.keepJournal=true")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let prepared = try PreparedRun(resuming: RunFolder(run.folder), overrides: [])
    let parameters = try ParameterStore(run: prepared, pool: ThreadPool(threadCount: 1))
    let store = try CheckpointStore(owning: run.folder + "/checkpoints")
    let newest = try store.checkpoint(of: Step(12))
    try store.load(newest, into: parameters.tensors)
    parameters.tensors.master.pointer[0] = .nan
    try store.write(
      step: newest.step, tensors: parameters.tensors,
      replicaDigest: newest.manifest.replicaDigest,
      state: try store.state(of: newest, as: RunState.self))
    return run
  }

  @Test("A checkpoint that is not finite is named by verify, and passed over by a resume")
  func spoiltCheckpoint() throws {
    let run = try runWithSpoiltCheckpoint()
    let digests = try run.metrics().digests
    let spoilt =
      "\(run.checkpoint(ofStep: 12))/parameters.safetensors holds numbers that are not finite, in "
      + "tensor "
    let verified = try TestSupport.run(Repository.terrane, ["verify", run.folder])
    #expect(verified.status == 1)
    #expect(verified.output.contains("WRONG        the checkpoint of step 12: \(spoilt)"))
    #expect(!verified.output.contains("and 12\n"), "\(verified.output)")

    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    #expect(
      resumed.errors.contains("warning passed over the checkpoint of step 12: \(spoilt)"),
      "\(resumed.errors)")
    #expect(resumed.errors.contains(" again from the journal, up to step 12"))
    #expect(try run.metrics().digests == digests)
  }

  @Test("A journal that leads to numbers that are not finite is said by verify and by a resume")
  func spoiltJournal() throws {
    let run = try TinyRun("training.steps=12", "checkpoints.keepJournal=true")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let prepared = try PreparedRun(resuming: RunFolder(run.folder), overrides: [])
    let grid = prepared.model.parameterLayout.grid
    // The last steps are in the journal behind the checkpoint before the last.
    try FileManager.default.removeItem(atPath: run.checkpoint(ofStep: 12))
    let base = try #require(
      try CheckpointStore(reading: run.folder + "/checkpoints").list().last)
    let reader = JournalReader(
      folder: run.folder + "/journal", run: prepared.identity, grid: grid)
    var notes: [[UInt8]] = []
    _ = try reader.replay(after: base) { notes.append($0.note) }
    try FileManager.default.removeItem(atPath: run.folder + "/journal")
    let writer = try JournalWriter(
      folder: run.folder + "/journal", run: prepared.identity, grid: grid, after: base)
    let sum = FloatBuffer(count: grid.valueCount)
    sum.pointer[5] = .infinity
    try writer.commit(base.next, note: notes[0], sum: sum)

    let sentence =
      "step \(base.next), made again from the journal, gives parameters that are not finite"
    let verified = try TestSupport.run(Repository.terrane, ["verify", run.folder])
    #expect(verified.status == 1)
    #expect(verified.output.contains("WRONG        \(run.folder)/journal: \(sentence)"))
    #expect(verified.output.contains("a resume ends at once: DIVERGED at step \(base.next)\n"))
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == ExitStatus.diverged.rawValue)
    #expect(resumed.errors.contains(sentence), "\(resumed.errors)")
  }
}
