// A run before anybody computes: its folder, its configuration and its dataset, checked against
// each other.

import Basics
import Configuration
import Coordination
import Imagery
import MaskedAutoencoding
import Observability

/// Why a run cannot start or go on.
package struct RunError: ErrorWithExitStatus, CustomStringConvertible {
  package let description: String
  package let exitStatus: ExitStatus

  package init(description: String, exitStatus: ExitStatus = .failure) {
    self.description = description
    self.exitStatus = exitStatus
  }
}

package struct PreparedRun: Sendable {
  package let folder: RunFolder
  package let configuration: RunConfiguration
  /// Of the configuration that the run began with.
  private let configurationIdentity: Digest
  package let dataset: Dataset
  /// (bands): what is subtracted from a value, and what the difference is divided by.
  let scalings: [(center: Double, deviation: Double)]
  package let model: ModelConfiguration
  /// Whether this process began it.
  package let isNew: Bool
  /// Whether nothing was at the folder's path before.
  private var isFolderNew = false
  /// What differs from the configuration in the folder, as it was given.
  package let overrides: [String]

  /// Makes the folder of a new run and saves the resolved configuration there.
  /// - Throws: `RunError` when the folder holds a run, or what another run left, or when a process
  ///   is at work there; what is wrong with the dataset. Nothing is written then.
  package init(creating configuration: RunConfiguration) throws {
    let folder = RunFolder(configuration.run.folder)
    try Self.checkHoldsNoRun(folder)
    // The run goes on from wherever somebody stands.
    let configuration = configuration.withAbsolutePaths
    if let labels = configuration.evaluation.probe, !Files.exists(labels) {
      throw RunError(
        description: "evaluation.probe names \(labels.visible), and there is no such file; name a "
          + "file of labels, or none")
    }
    try self.init(
      folder, configuration, beganAs: configuration, overrides: [], isNew: true, datasets: nil)
    let start = try newStart()
    if let start {
      var known = configuration
      known.model.initialDigest = start.digest.description
      self = try PreparedRun(
        folder, known, beganAs: known, overrides: [], isNew: true, datasets: nil)
    }
    try folder.checkHoldsNothing(ofOtherRunThan: identity)
    isFolderNew = !Files.exists(folder.path)
    try Files.createFolder(folder.path)
    // Of two that begin a run here at the same time, one is refused.
    try withExtendedLifetime(RunLock(folder)) {
      try Self.checkHoldsNoRun(folder)
      try folder.checkHoldsNothing(ofOtherRunThan: identity)
      try Files.createFolder(folder.logs)
      try Files.createFolder(folder.checkpoints)
      try start?.write(
        to: folder.initial, layout: model.parameterLayout, metadata: try modelMetadata)
      try Files.writeDurably(
        self.configuration.resolvedYAML(input: inputBands, datasets: dataset.partDigests),
        to: folder.configuration)
    }
  }

  private static func checkHoldsNoRun(_ folder: RunFolder) throws {
    guard try folder.checkedHoldsRun() else { return }
    throw RunError(
      description: "\(folder.path) holds a run already; go on with it by --resume "
        + "\(folder.path.shellWord), or choose another folder by --set run.folder=…")
  }

  /// Opens the folder of a run that was started before. Overrides may change what does not
  /// determine the numbers, such as the number of workers.
  package init(resuming folder: RunFolder, overrides: [String]) throws {
    guard try folder.checkedHoldsRun() else {
      throw RunError(
        description: "\(folder.path) holds no run: there is no \(folder.configuration)")
    }
    let saved = try RunConfiguration.load(resolved: folder.configuration)
    let configuration = try RunConfiguration.load(
      resolved: folder.configuration, overrides: overrides)
    let differences = configuration.differences(from: saved)
    guard differences.isEmpty else {
      let lines = differences.map { "  \($0.key) is \($0.otherValue) there, not \($0.value)" }
      throw RunError(
        description: "\(folder.path) was started with other values, and other numbers would come "
          + "of these:\n\(lines.joined(separator: "\n"))\nleave them as they are, or start a new run"
      )
    }
    let datasets = try RunConfiguration.datasetDigests(resolved: folder.configuration)
    if !datasets.isEmpty && datasets.count != configuration.data.folder.count {
      throw RunError(
        description: "\(folder.path) was started with "
          + "\(HumanFormat.counted(datasets.count, "dataset")), and data.folder names "
          + "\(configuration.data.folder.count); name them all, in the same order")
    }
    try self.init(
      folder, configuration, beganAs: saved, overrides: overrides, isNew: false,
      datasets: datasets.isEmpty ? nil : datasets)
  }

  /// Opens the folder of a run to look at it.
  /// - Parameter data: the datasets' folders; none for those that the run was started with.
  package init(reading folder: RunFolder, data: [String]) throws {
    try self.init(
      resuming: folder, overrides: data.isEmpty ? [] : [RunConfiguration.override(ofData: data)])
  }

  /// Goes on with the run in a configuration's folder, as `init(resuming:overrides:)` with every
  /// value in which it differs, or starts it where there is none yet.
  /// - Parameter waitsForLock: whether somebody else who is about to start it is waited for.
  package init(resumingOrStarting configuration: RunConfiguration, waitsForLock: Bool) throws {
    let folder = RunFolder(configuration.run.folder)
    while try !folder.checkedHoldsRun() {
      do {
        self = try PreparedRun(creating: configuration)
        return
      } catch let error as RunError {
        // Somebody was quicker, or is about to be.
        if try folder.checkedHoldsRun() { break }
        guard waitsForLock, error.exitStatus == .runIsHeld else { throw error }
        try RunLock.waitUntilFree(folder)
      }
    }
    let saved = try RunConfiguration.load(resolved: folder.configuration)
    var wanted = configuration.withAbsolutePaths
    if wanted.model.initialFrom != nil && wanted.model.initialDigest == nil {
      wanted.model.initialDigest = saved.model.initialDigest
    }
    try self.init(resuming: folder, overrides: wanted.overrides(of: saved))
  }

  /// - Parameters:
  ///   - saved: what the run began with.
  ///   - datasets: the versions of the datasets; nil for the newest ones.
  private init(
    _ folder: RunFolder, _ configuration: RunConfiguration, beganAs saved: RunConfiguration,
    overrides: [String], isNew: Bool, datasets: [Digest]?
  ) throws {
    configurationIdentity = saved.identity
    self.overrides = overrides
    self.isNew = isNew
    self.folder = folder
    self.configuration = configuration
    do {
      dataset = try Dataset(folders: configuration.data.folder, digests: datasets)
    } catch DatasetError.noDescription(let place) where !isNew {
      // To make one there could put another dataset in the place of the run's.
      throw RunError(
        description: "the dataset of run \(folder.path) is not at \(place): it has no "
          + "\(Dataset.descriptionName). Say where it lies: train and coordinator by --set data.folder=…, "
          + "other commands by --data …")
    }
    scalings = try dataset.description.bands.map { band in
      guard let scaling = band.scaling(by: configuration.data.normalization) else {
        throw DatasetError.noQuantiles(band: band.name)
      }
      return scaling
    }
    model = try configuration.modelConfiguration(channels: dataset.description.bands.count)
  }

  /// Carries out a new run's start or all of it. When that fails and nothing is there of the run,
  /// its folder is no run's any more, so that the same command works when the cause is gone.
  /// - Parameter body: returns how it ended.
  package func withdrawnIfStillborn(_ body: () throws -> ExitStatus) throws -> ExitStatus {
    do {
      let status = try body()
      if status == .failure { withdrawIfUntouched() }
      return status
    } catch {
      // Who holds the folder has begun what is there.
      if (error as? RunError)?.exitStatus != .runIsHeld { withdrawIfUntouched() }
      throw error
    }
  }

  private func withdrawIfUntouched() {
    guard isNew, folder.holdsRun, let lock = try? RunLock(folder) else { return }
    withExtendedLifetime(lock) {
      guard folder.isUntouched else { return }
      try? Files.remove(folder.configuration)
      try? Files.remove(folder.journal)
      try? Files.remove(folder.status)
      try? Files.remove(folder.summary)
      try? Files.remove(folder.initial)
      folder.sweep(withItself: isFolderNew)
    }
  }

  /// - Parameter expected: the identity that whoever started this process saw in the folder; nil
  ///   when nobody said.
  /// - Throws: `RunError` when the folder holds another run by now.
  package func check(identity expected: String?) throws {
    guard let expected, expected != identity else { return }
    throw RunError(
      description:
        "\(folder.path) holds run \(identity) now, and run \(expected) was to be computed: its "
        + "configuration or its dataset was replaced a moment ago; start again with the one that is "
        + "wanted")
  }

  /// Names what determines the run's numbers; workers of another identity are refused.
  package var identity: String {
    Digest(of: [configurationIdentity, dataset.digest]).description
  }

  /// Nil when nothing is held out.
  /// - Throws: `RunError` when the dataset has no training chip.
  package var evaluationSchedule: EvaluationSchedule? {
    get throws {
      guard try MicrobatchPlans(configuration, dataset.description).evaluation != nil else {
        return nil
      }
      return EvaluationSchedule(
        every: configuration.evaluation.everySteps,
        last: Step(index: configuration.training.steps))
    }
  }
}

extension RunConfiguration {
  /// Other files than the run's own, found from wherever somebody stands.
  fileprivate var withAbsolutePaths: RunConfiguration {
    var configuration = self
    configuration.data.folder = data.folder.map(Files.absolute)
    configuration.evaluation.probe = evaluation.probe.map(Files.absolute)
    configuration.model.initialFrom = model.initialFrom.map(Files.absolute)
    return configuration
  }
}
