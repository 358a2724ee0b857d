// From scenes to a dataset: the stages in their order, with files between them. What each stage
// does is in its own file.

import Basics
import Foundation
import Imagery
import Maps
import Observability
import Scenes

/// One run, or a part of one. Everything that is finished is kept in OUT.partial, and whoever asks
/// for the same goes on from there.
package struct Ingest {
  private let output: OutputFolder
  private let request: IngestRequest
  private let work: WorkFolder
  private let parallel: ParallelWork
  private let restarts: Bool
  private let say: (String) -> Void

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
    work = WorkFolder(output.partial)
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

  /// Makes the dataset.
  package func run() throws -> DatasetDescription {
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
      if isNew || !Files.exists(work.plan) { try plan(catalog) }
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
  package func dryRun() throws -> DatasetDescription {
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
    try FinishStage(catalog: catalog, plan: try plan(), options: request.options, work: work).run()
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

  // Beginning and going on

  /// Makes OUT.partial, or finds the one of an earlier run that was asked for the same.
  /// - Returns: whether there was one.
  private func prepare() throws -> Bool {
    try output.requireOwnPartial()
    if restarts { try output.discard() }
    if try isRequested() { return true }
    try output.discard()
    // Under another name until it is whole: several processes may begin at the same time.
    let made = WorkFolder(
      work.path + "." + String(UInt64.random(in: 0 ... .max), radix: 36))
    try made.createFolders()
    try WorkFolder.encode(request, to: made.request)
    do {
      try Files.rename(made.path, to: work.path)
      return false
    } catch {
      try Files.remove(made.path)
      if try isRequested() { return true }
      throw error
    }
  }

  /// Whether OUT.partial was made for this request.
  /// - Throws: `IngestError.otherRequest` for another one.
  private func isRequested() throws -> Bool {
    guard Files.exists(work.request) else { return false }
    let recorded = try WorkFolder.decode(IngestRequest.self, work.request)
    if let what = request.difference(from: recorded) {
      throw IngestError.otherRequest(path: work.path, what: what)
    }
    return true
  }

  private func progressText() throws -> String {
    let names = try Files.list(work.path)
    let shards = names.count { $0.hasSuffix(ShardNames.suffix) }
    return "going on with the run that was begun in \(work.path)"
      + (shards > 0 ? ", with \(HumanFormat.counted(shards, "shard")) in it" : "")
  }

  /// The list of the scenes, which the first process that needs it makes.
  /// - Parameter comparing: whether scenes are looked at again where there is a list.
  private func catalog(comparing: Bool) throws -> SceneCatalog {
    if !Files.exists(work.scenes) {
      while true {
        try parallel.check()
        if let lock = try FileLock(work.lock("list", .whole)) {
          defer { withExtendedLifetime(lock) {} }
          if Files.exists(work.scenes) { break }
          let catalog = try listed()
          try SealedFile.write(try catalog.text, to: work.scenes)
          return catalog
        }
        if Files.exists(work.scenes) { break }
      }
      return try SceneCatalog.read(work.scenes)
    }
    let known = try SceneCatalog.read(work.scenes)
    if comparing {
      let found = try listed()
      if let scene = zip(known.scenes, found.scenes).first(where: { $0 != $1 })?.0 {
        throw IngestError.scenesChanged(path: work.path, scene: scene.recipe.source)
      }
      if known.scenes.count != found.scenes.count || known.header != found.header {
        throw IngestError.scenesChanged(path: work.path, scene: "the list of scenes")
      }
    }
    return known
  }

  private func listed() throws -> SceneCatalog {
    // A wrong file is said before hours of reading, not after them.
    if let avoided = request.options.avoided {
      _ = try AvoidedArea(path: avoided.path, distance: avoided.distance)
    }
    let earlier = request.base == nil ? nil : try DatasetSources.read(of: output.path)
    return try SceneListing(request: request, parallel: parallel, say: say).catalog(earlier)
  }

  /// Leaves behind what spares work, and nothing else.
  private func keepingWhatHelps<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as IngestError where error.leavesWorkAsItIs {
      throw error
    } catch {
      if !error.isRefusal, Files.exists(work.report(0)) || Files.exists(work.whole) {
        throw IngestError.kept(path: work.path, after: "\(error)")
      }
      do {
        try output.discard()
      } catch let leftover {
        throw IngestError.leftBehind(path: work.path, reason: "\(leftover)", after: "\(error)")
      }
      throw error
    }
  }
}

extension IngestError {
  /// A signal, or what another run left or does: none of this run's making.
  fileprivate var leavesWorkAsItIs: Bool {
    switch self {
    case .interrupted, .scenesChanged, .damagedWork, .partIsBusy: true
    default: false
    }
  }
}

extension IngestError {
  /// Nothing went wrong, and there is nothing to do.
  package var isAnswer: Bool {
    if case .nothingToAdd = self { true } else { false }
  }
}

extension Error {
  /// The scenes and options lead to no dataset: nothing of the work would serve another run.
  fileprivate var isRefusal: Bool {
    switch self as? IngestError {
    case .noChips, .nothingToTrainOn, .allAvoided, .nothingToAdd: true
    default: false
    }
  }
}
