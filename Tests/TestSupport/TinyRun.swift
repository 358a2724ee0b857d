// A run that takes a few seconds, long enough to be hit in its middle: the sample scenes in small
// chips, and a model of a few thousand parameters.

import Foundation

/// A new run's folder and what `terrane train` and `terrane coordinator` are told for it.
package struct TinyRun {
  /// The folder of the run, inside `scratch`, which is removed with the last copy of this.
  package let folder: String
  private let scratch: TemporaryFolder
  private let overrides: [String]

  package static let steps = 40

  /// - Parameter overrides: as `--set` takes them, after this run's own.
  package init(_ overrides: String..., data: String? = nil) throws {
    try self.init(overrides, data: data)
  }

  package init(_ overrides: [String], data: String? = nil) throws {
    scratch = try TemporaryFolder()
    folder = scratch.file("run")
    self.overrides =
      [
        "run.folder=\(folder)", "data.folder=\(try data ?? SampleDataset.folder())",
        "model.imageSide=32", "model.patchSide=8", "model.width=32", "model.depth=1",
        "model.heads=2", "model.decoderWidth=16", "model.decoderDepth=1", "model.decoderHeads=2",
        "training.steps=\(Self.steps)", "training.microbatchesPerStep=4",
        "training.pairsPerMicrobatch=8", "optimizer.baseLearningRate=1e-2",
        "evaluation.everySteps=20", "evaluation.pairs=4", "checkpoints.everySteps=5",
        "workers.count=1",
      ] + overrides
  }

  package var options: [String] { overrides.flatMap { ["--set", $0] } }

  /// A place for a test's own files.
  package func file(_ name: String) -> String { scratch.file(name) }

  package func metricsText() throws -> String {
    try String(contentsOfFile: folder + "/metrics.jsonl", encoding: .utf8)
  }

  package func metrics() throws -> RunMetrics { try RunMetrics(ofRun: folder) }

  /// The coordinator's log, of all its lives.
  package var log: String {
    (try? String(contentsOfFile: folder + "/logs/coordinator.log", encoding: .utf8)) ?? ""
  }

  /// As the coordinator's log says it.
  package var identity: String? {
    log.split(separator: " run ").dropFirst().first.map { String($0.prefix { $0.isHexDigit }) }
  }

  package func checkpoint(ofStep step: Int) -> String {
    "\(folder)/checkpoints/step-" + step.zeroPadded(to: 8)
  }

  package func startTraining() throws -> RunningProgram {
    try RunningProgram(Repository.terrane, ["train"] + options)
  }

  package func startResuming(_ overrides: String...) throws -> RunningProgram {
    try RunningProgram(
      Repository.terrane, ["train", "--resume", folder] + overrides.flatMap { ["--set", $0] })
  }

  /// Returns when so many steps are in the metrics.
  package func waitForStep(_ step: Int) throws {
    try wait(for: "step \(step)", evidence: log) {
      try metrics().steps.last.map { $0.step >= step } ?? false
    }
  }

  /// Returns when the metrics tell of so many such events of a worker.
  package func waitFor(_ event: String, of worker: String, times: Int = 1) throws {
    try wait(for: "\(times) '\(event)' of \(worker)", evidence: log) {
      try metrics().count(event, of: worker) >= times
    }
  }
}

/// The sample scenes cut into chips of 64 pixels, once for all tests of a process; two processes
/// that do it at once give the folder the same bytes.
package enum SampleDataset {
  private static let outcome = Result {
    try run(
      Repository.ingest,
      [path] + Repository.landsat
        + ["--chip-side", "64", "--stride", "48", "--chips-per-shard", "256", "--overwrite"])
  }
  private static let path = Repository.products + "/SampleDataset-64"

  package static func folder() throws -> String {
    let outcome = try outcome.get()
    guard outcome.status == 0 else {
      throw TimedOut(description: "the sample could not be ingested: \(outcome.errors)")
    }
    return path
  }

  /// A folder with the description alone: of a worker that holds no shard.
  package static func copyWithoutShards(to place: String) throws -> String {
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: try folder() + "/dataset.json", toPath: place + "/dataset.json")
    return place
  }

  /// A copy that a test may damage.
  package static func copy(to place: String) throws -> String {
    try FileManager.default.copyItem(atPath: try folder(), toPath: place)
    return place
  }
}

/// The digests that every undisturbed or disturbed run of `TinyRun` must come to: one worker, one
/// thread.
package enum ReferenceRun {
  private static let digestsOfAllSteps = Result {
    let run = try TinyRun()
    let status = try run.startTraining().waitForEnd()
    guard status == 0 else {
      throw TimedOut(description: "the reference run ended with \(status): \(run.log)")
    }
    return try run.metrics().digests
  }

  package static func digests() throws -> [String] { try digestsOfAllSteps.get() }
}
