// How a run begins, or goes on from what an earlier one left, and what it leaves behind itself.

import Basics
import Foundation
import Maps
import Scenes

extension Ingest {
  /// Makes OUT.partial, or finds the one of an earlier run that was asked for the same.
  /// - Returns: whether there was one.
  func prepare() throws -> Bool {
    try output.requireOwnPartial()
    if restarts { try output.discard() }
    if try isRequested() { return true }
    try output.discard()
    // Under another name until it is whole: several processes may begin at the same time.
    let made = WorkFolder(
      work.path + "." + String(UInt64.random(in: 0 ... .max), radix: 36),
      isDurable: work.isDurable)
    try made.createFolders()
    try WorkFolder.encode(request, to: made.request, isDurable: true)
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

  func progressText() throws -> String {
    let names = try Files.list(work.path)
    let shards = names.count { $0.hasSuffix(ShardNames.suffix) }
    return "going on with the run that was begun in \(work.path)"
      + (shards > 0 ? ", with \(HumanFormat.counted(shards, "shard")) in it" : "")
  }

  /// The list of the scenes, which the first process that needs it makes.
  /// - Parameter comparing: whether scenes are looked at again where there is a list.
  func catalog(comparing: Bool) throws -> SceneCatalog {
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
  func keepingWhatHelps<Result>(_ body: () throws -> Result) throws -> Result {
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

extension Error {
  /// The scenes and options lead to no dataset: nothing of the work would serve another run.
  fileprivate var isRefusal: Bool {
    switch self as? IngestError {
    case .noChips, .nothingToTrainOn, .allAvoided, .nothingToAdd: true
    default: false
    }
  }
}
