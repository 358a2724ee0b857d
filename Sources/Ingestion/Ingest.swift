// From scenes to a dataset: the stages in their order, with files between them. What each stage
// does is in its own file.

import Basics
import Foundation
import Imagery
import Observability
import Scenes

/// One run, or a part of one. Everything that is finished is kept in OUT.partial, and whoever asks
/// for the same goes on from there.
package struct Ingest {
  let output: OutputFolder
  let request: IngestRequest
  private(set) var work: WorkFolder
  let parallel: ParallelWork
  let restarts: Bool
  let say: (String) -> Void

  /// - Parameters:
  ///   - threads: that read and write; results do not depend on it.
  ///   - restarts: whether an earlier run's beginning is removed.
  ///   - say: given sentences that are not the dataset's: that the run goes on with what an earlier
  ///     one began, and what is known of scenes that are added.
  package init(
    _ request: IngestRequest, into output: OutputFolder, threads: Int, restarts: Bool,
    interruption: Interruption, say: @escaping (String) -> Void
  ) {
    self.output = output
    self.request = request
    self.restarts = restarts
    self.say = say
    work = WorkFolder(output.partial, isDurable: true)
    parallel = ParallelWork(threads: threads, interruption: interruption)
  }

  /// Bytes of address space for what is shared, and for each thread, about.
  private static let (sharedBytes, threadBytes) = (128 << 20, 192 << 20)

  /// - Throws: `IngestError.littleMemory` where a limit on address space would end the run in its
  ///   middle: libraries do not all say so when they get no memory.
  package static func requireMemory(threads: Int) throws {
    let needed = sharedBytes + threads * threadBytes
    guard let free = ResourceLimit.freeAddressSpace, free < needed else { return }
    throw IngestError.littleMemory(threads: threads, bytes: needed)
  }

  /// The same for a process that does all stages, which waits for the disk at the end.
  private var alone: Ingest {
    var result = self
    result.work = WorkFolder(work.path, isDurable: false)
    return result
  }

  /// Makes the dataset.
  package func run() throws -> DatasetDescription { try alone.runAll() }

  private func runAll() throws -> DatasetDescription {
    if let description = try ended() { return description }
    let isContinued = try prepare()
    return try keepingWhatHelps {
      try work.createFolders()
      let lock = try FileLock(work.lock("run", .whole))
      guard lock != nil else { throw IngestError.partIsBusy(path: work.path) }
      defer { withExtendedLifetime(lock) {} }
      if isContinued { say(try progressText()) }
      if let description = try output.whole() {
        try output.publish(description)
        return description
      }
      let catalog = try catalog(comparing: isContinued)
      let isNew = try scan(catalog, .whole, .ourselves(isContinued: isContinued))
      // A plan says where payloads lie.
      if isNew || !PlanStage.isDone(work) { try plan(catalog) }
      try write(catalog, .whole)
      let description = try finish(catalog)
      try output.publish(description)
      return description
    }
  }

  /// The dataset, if an earlier run had it all but in its place.
  private func ended() throws -> DatasetDescription? {
    let description = try output.ended(request)
    if description != nil {
      say("the run that had made \(output.path) was cut at its very end, which is done now")
    }
    return description
  }

  /// Everything but the dataset.
  package func dryRun() throws -> DatasetDescription { try alone.tryAll() }

  private func tryAll() throws -> DatasetDescription {
    try output.discard()
    _ = try prepare()
    do {
      let catalog = try catalog(comparing: false)
      _ = try scan(catalog, .whole, .ourselves(isContinued: false))
      try plan(catalog)
      try write(catalog, .whole)
      let description = try finish(catalog)
      try output.discard()
      return description
    } catch {
      try output.discard()
      throw error
    }
  }

  /// Runs a part of a stage.
  /// - Returns: the dataset's description after the last stage.
  package func run(_ stage: IngestStage, _ part: StagePart) throws -> DatasetDescription? {
    if let description = try ended() { return description }
    _ = try prepare()
    try work.createFolders()
    let lock = try FileLock(work.lock(stage.rawValue, part))
    guard lock != nil else {
      throw IngestError.partIsBusy(path: work.lock(stage.rawValue, part))
    }
    defer { withExtendedLifetime(lock) {} }
    switch stage {
    case .scan: _ = try scan(try catalog(comparing: false), part, .others)
    case .plan: try plan(try catalog(comparing: false))
    case .write: try write(try catalog(comparing: false), part)
    case .finish:
      let description = try output.whole() ?? finishChecked()
      try output.publish(description)
      return description
    }
    return nil
  }

  // Stages

  private func scan(
    _ catalog: SceneCatalog, _ part: StagePart, _ handover: ScanStage.Handover
  ) throws -> Bool {
    try ScanStage(
      catalog: catalog, options: request.options, work: work, parallel: parallel,
      handover: handover
    ).run(part)
  }

  private func plan(_ catalog: SceneCatalog) throws {
    let prefix = request.base.map { "v\($0.number + 1)-" } ?? ""
    try PlanStage(
      catalog: catalog, options: request.options, work: work, shardPrefix: prefix,
      check: parallel.check
    ).run()
  }

  private func plan() throws -> DatasetPlan {
    guard Files.exists(work.plan) else {
      throw IngestError.stageMissing(
        path: work.path, stage: IngestStage.plan.rawValue, missing: 1)
    }
    return try WorkFolder.decode(DatasetPlan.self, work.plan)
  }

  private func write(_ catalog: SceneCatalog, _ part: StagePart) throws {
    try WriteStage(catalog: catalog, plan: try plan(), work: work, parallel: parallel).run(part)
  }

  private func finish(_ catalog: SceneCatalog) throws -> DatasetDescription {
    try FinishStage(
      catalog: catalog, plan: try plan(), options: request.options, work: work, parallel: parallel
    ).run()
  }

  /// After the others have been run by other processes, some time ago.
  private func finishChecked() throws -> DatasetDescription {
    do {
      let catalog = try catalog(comparing: false)
      try WriteStage(catalog: catalog, plan: try plan(), work: work, parallel: parallel)
        .requireWhole()
      return try finish(catalog)
    } catch IngestError.nothingToAdd(let count) {
      try output.discard()
      throw IngestError.nothingToAdd(sceneCount: count)
    }
  }
}

extension IngestError {
  /// Nothing went wrong, and there is nothing to do.
  package var isAnswer: Bool {
    if case .nothingToAdd = self { true } else { false }
  }
}
