// What a path holds, in a few lines.

import Basics
import Checkpoints
import Configuration
import Imagery
import Observability
import TrainingRun

package enum Inspection {
  /// Describes a dataset, a run, a checkpoint, or a file or folder of one.
  /// - Parameter all: whether long lists are told in full.
  /// - Throws: what is wrong with it, or that it is none of these.
  package static func describe(_ path: String, all: Bool = false) throws -> String {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard Files.exists(path) else {
      throw RunError(description: "there is nothing at \(path)")
    }
    if RunFolder(path).holdsRun { return try describeRun(RunFolder(path)) }
    if Files.exists(path + "/" + Dataset.descriptionName) {
      return try Dataset(folder: path).inspection(all: all)
    }
    if Files.exists(path + "/manifest.json") { return try describeCheckpoint(path) }
    if Files.isFolder(path) {
      if let folder = try FileInspection.describe(folder: path) { return folder }
      throw RunError(
        description: "\(path) is a folder, but not of a dataset, a run or a checkpoint: it has no "
          + "dataset.json, configuration.yaml or manifest.json")
    }
    if Files.name(of: path) == "manifest.json" {
      return try describeCheckpoint(Files.parent(of: path))
    }
    return try FileInspection.describe(path, all: all)
  }

  private static func describeCheckpoint(_ path: String) throws -> String {
    let store = CheckpointStore(reading: Files.parent(of: path))
    let name = Files.name(of: path)
    guard
      let step = try store.list().first(where: { Files.name(of: store.path(of: $0)) == name })
    else {
      throw RunError(description: "\(path) is not named like a checkpoint, step-00000000")
    }
    let checkpoint = try store.checkpoint(of: step)
    return checkpoint.manifest.describe() + "\n"
  }

  /// Those that `terrane train` starts, whose logs lie in the folder; a coordinator's are not the
  /// configuration's.
  private static func workersText(
    _ configuration: RunConfiguration, in folder: RunFolder
  ) -> String {
    guard Files.exists(folder.workerLog(1)) else { return "" }
    return ", " + HumanFormat.counted(configuration.workers.count, "worker") + " × "
      + HumanFormat.counted(configuration.workers.threads, "thread")
  }

  private static func describeRun(_ folder: RunFolder) throws -> String {
    let configuration = try RunConfiguration.load(resolved: folder.configuration)
    let store = CheckpointStore(reading: folder.checkpoints)
    let newest = try store.newestValid()
    let metrics = try MetricsSummary(path: folder.metrics)
    var lines = ["run \(folder.path)"]
    let (training, objective) = (configuration.training, configuration.model.objective)
    lines.append(
      "  model        \(configuration.model.preset.rawValue), \(objective.title), "
        + "\(training.microbatchesPerStep) × \(training.pairsPerMicrobatch) "
        + "\(objective.sampleName)s a step" + workersText(configuration, in: folder))
    if let place = configuration.model.initialFrom {
      lines.append("  begun with   weights of \(place.visible)")
    }
    for (place, data) in configuration.data.folder.enumerated() {
      lines.append("  \(place == 0 ? "data" : "    ")         \(data.visible)")
    }
    lines.append("  progress     step \(metrics.step) of \(training.steps)")
    // Who may not look at the lock sees the rest.
    if (try? RunLock.isHeld(folder)) == true {
      let text = metrics.liveText(of: training.steps, samples: objective.sampleName, at: .now())
      lines.append("  at work      \(text)")
    }
    if let loss = metrics.loss { lines.append("  loss         \(loss), last step") }
    for (name, losses) in metrics.heldOut {
      lines.append(
        "  \(name.padded(to: 12)) \(losses.text), held out at step \(metrics.heldOutStep)")
    }
    if let checkpoint = newest.checkpoint {
      lines.append("  checkpoint   \(checkpoint.path), digest \(checkpoint.manifest.replicaDigest)")
    } else {
      lines.append("  checkpoint   none yet")
    }
    for rejection in newest.rejected {
      lines.append("  damaged      step \(rejection.step): \(rejection.reason)")
    }
    let probes = try ProbeRecord.records(inFileAt: folder.probes)
    if let newest = probes.last?.step {
      for record in probes where record.step == newest {
        lines.append("  probe        step \(record.step), \(record.labels), \(record.summary)")
      }
      lines.append("  probes       \(folder.probes)")
    }
    lines.append("  metrics      \(folder.metrics)")
    if !metrics.foreignLines.isEmpty {
      let numbers = HumanFormat.numbered("line", metrics.foreignLines)
      lines.append("  damaged      \(numbers) of it: not what Terrane writes (see terrane verify)")
    }
    if Files.exists(folder.picture) { lines.append("  picture      \(folder.picture)") }
    return lines.joined(separator: "\n") + "\n"
  }
}
