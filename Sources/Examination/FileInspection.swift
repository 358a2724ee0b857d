// What a single file is, and what a folder within a run, by name and first bytes.

import Basics
import Checkpoints
import Configuration
import Foundation
import Imagery
import Observability
import TrainingRun

enum FileInspection {
  /// Describes a file that a run or a dataset consists of.
  /// - Throws: what is wrong with it, or that it is not such a file.
  static func describe(_ path: String, all: Bool) throws -> String {
    let name = Files.name(of: path)
    let start = try firstBytes(of: path)
    if name.hasSuffix(".shard") || start.starts(with: "TRNSHARD".utf8) {
      return try ShardFile(path).inspection(all: all)
    }
    if start.starts(with: "TRJRNAL\n".utf8) { return try JournalDescription(path: path).inspection }
    if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      return lines("picture", path, [("size", try size(of: path))])
    }
    if name.hasSuffix(".safetensors") { return try tensors(path, all: all) }
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return try configuration(path) }
    let run = RunFolder(Files.parent(of: Files.parent(of: path)))
    if run.holdsRun && Files.parent(of: path) == run.logs {
      return lines("log", path, [("run", run.path), ("size", try size(of: path))])
    }
    if Files.name(of: Files.parent(of: path)) == Dataset.versionsName,
      let digest = Digest(String(name.prefix { $0 != "." }))
    {
      let folder = Files.parent(of: Files.parent(of: path))
      return try Dataset(folder: folder, digest: digest).inspection(all: all)
    }
    switch name {
    case Dataset.descriptionName:
      return try Dataset(folder: Files.parent(of: path)).inspection(all: all)
    case Files.name(of: folder.metrics): return try metrics(path)
    case Files.name(of: folder.summary): return try summary(path)
    case Files.name(of: folder.status):
      return lines("status", path, [("of", "a coordinator that is at work, or was ended")])
    case CheckpointFile.state.rawValue: return try state(path)
    case Files.name(of: folder.lock) where RunFolder(Files.parent(of: path)).holdsRun:
      return lines("lock", path, [("held by", try holder(of: path))])
    default:
      throw RunError(
        description: "\(path) is not a file that Terrane knows: not of a dataset, a run or a "
          + "checkpoint, by its name and its first bytes")
    }
  }

  /// Describes the folders of a run; nil for any other folder.
  static func describe(folder path: String) throws -> String? {
    let run = RunFolder(Files.parent(of: path))
    guard run.holdsRun else { return nil }
    let names = try Files.list(path)
    switch path {
    case run.checkpoints:
      let steps = try CheckpointStore(reading: path).list().map { "\($0)" }
      return lines(
        "checkpoints", path,
        [("run", run.path), ("steps", steps.isEmpty ? "none yet" : steps.joined(separator: ", "))])
    case run.journal:
      return try names.map { try JournalDescription(path: path + "/" + $0).inspection }.joined()
    case run.logs:
      return lines("logs", path, [("run", run.path), ("files", names.joined(separator: ", "))])
    default: return nil
    }
  }

  /// Where names of a run's files come from.
  private static let folder = RunFolder("")

  private static func firstBytes(of path: String) throws -> Data {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      return try file.read(upToCount: 8) ?? Data()
    } catch {
      throw RunError(description: "\(path) cannot be read: \(error.localizedDescription)")
    }
  }

  private static func size(of path: String) throws -> String {
    HumanFormat.bytes(try MappedFile(path).bytes.count)
  }

  private static func lines(_ kind: String, _ path: String, _ rows: [(String, String)]) -> String {
    let lines = rows.map { name, text in
      "  " + (name + " ").padded(to: 12) + text
    }
    return (["\(kind) \(path)"] + lines).joined(separator: "\n") + "\n"
  }

  private static func tensors(_ path: String, all: Bool) throws -> String {
    let file = try SafetensorsFile(path)
    let values = file.tensors.reduce(0) { $0 + $1.valueCount }
    let types = Set(file.tensors.map(\.type.rawValue)).sorted().joined(separator: ", ")
    let shown = file.tensors.prefix(all ? .max : 3).map { "\($0.name) \($0.shape)" }
    let rest = file.tensors.count - shown.count
    return lines(
      "tensors", path,
      [
        (
          "tensors",
          "\(HumanFormat.count(file.tensors.count)), \(HumanFormat.counted(values, "value")) of \(types)"
        )
      ] + file.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        + shown.enumerated().map { ($0.offset == 0 ? "shapes" : "", $0.element) }
        + (rest > 0 ? [("", "and \(HumanFormat.count(rest)) more")] : []))
  }

  private static func configuration(_ path: String) throws -> String {
    let run = RunFolder(Files.parent(of: path))
    let isOfRun = path == run.configuration && Files.isFolder(run.checkpoints)
    let configuration =
      try isOfRun
      ? RunConfiguration.load(resolved: path) : RunConfiguration.load(path)
    let training = configuration.training
    return lines(
      "configuration", path,
      [
        ("run", configuration.run.folder),
        ("data", configuration.data.folder.joined(separator: ", ")),
        ("model", configuration.model.preset.rawValue),
        (
          "training",
          "\(HumanFormat.counted(training.steps, "step")) of \(HumanFormat.counted(training.pairsPerStep, "pair"))"
        ),
        ("identity", "\(configuration.identity)"),
      ])
  }

  /// Who holds a run's lock. Its file names the last one that did, for as long as nobody else does.
  private static func holder(of lock: String) throws -> String {
    guard try RunLock.isHeld(RunFolder(Files.parent(of: lock))) else {
      return "nobody: no coordinator is at work in this run"
    }
    let line = try Files.readText(lock, limitBytes: 1 << 10).prefix { $0 != "\n" }
    let coordinator = "the coordinator that is at work in this run"
    return line.isEmpty ? coordinator : "\(line), \(coordinator)"
  }

  private static func metrics(_ path: String) throws -> String {
    let metrics = try MetricsSummary(path: path)
    var rows = [("newest step", "\(metrics.step)")]
    if let loss = metrics.loss { rows.append(("loss", loss)) }
    rows += metrics.heldOut.map { name, losses in
      (name, "\(losses.text), held out at step \(metrics.heldOutStep)")
    }
    return lines("metrics", path, rows)
  }

  private static func summary(_ path: String) throws -> String {
    let summary: RunSummary
    do {
      summary = try JSONDecoder().decode(RunSummary.self, from: Data(try Files.readText(path).utf8))
    } catch is DecodingError {
      throw RunError(description: "\(path) is not the summary of a run as Terrane writes it")
    }
    return lines(
      "summary", path,
      [
        ("outcome", "\(summary.outcome.rawValue): \(summary.reason)"),
        ("step", "\(summary.step) of \(summary.steps)"), ("digest", summary.digest),
        ("took", HumanFormat.duration(seconds: max(0, summary.ended - summary.began))),
      ])
  }

  private static func state(_ path: String) throws -> String {
    let state: RunState
    do {
      state = try JSONDecoder().decode(RunState.self, from: Data(try Files.readText(path).utf8))
    } catch is DecodingError {
      throw RunError(description: "\(path) is not the state of a run as Terrane writes it")
    }
    return lines(
      "state", path,
      [
        ("step", "\(state.position.step)"), ("digest", "\(state.position.digest)"),
        ("pairs seen", HumanFormat.count(state.pairsSeen)), ("run", state.runIdentity),
      ])
  }
}
