// How a finished dataset comes to its place: one renaming after another, so that what is cut off
// between any two of them is ended by whoever comes next.

import Basics
import Foundation
import Imagery

/// That everything of a dataset in the making is there: the content of `whole.json`.
struct WholeDataset: Hashable, Codable {
  /// Of the bytes of `dataset.json`.
  let description: Digest
  /// Of those of `sources.json`.
  let sources: Digest
}

/// A run that was cut when its dataset was all but in its place, and that is ended now.
struct EndedRun {
  let request: IngestRequest
  let description: DatasetDescription
}

extension OutputFolder {
  /// Puts the finished dataset in its place. What a crash cuts short, the next run for this folder
  /// ends, whatever it is asked for.
  package func publish(_ description: DatasetDescription) throws {
    let lock = try lock(partial)
    defer { withExtendedLifetime(lock) {} }
    try carryOut(description)
  }

  private func carryOut(_ description: DatasetDescription) throws {
    try WorkFolder(partial).removeWork()
    try clearBeginnings()
    if mode == .add { return try publishVersion(description) }
    if Files.exists(path) { try Files.rename(path, to: replaced) }
    try Files.rename(partial, to: path)
    try clearUp()
  }

  /// The description of the dataset in OUT.partial if it is whole, all of which is read; nil if it
  /// is not.
  /// - Throws: `IngestError.damagedWork`, `FileError`.
  func whole() throws -> DatasetDescription? {
    let work = WorkFolder(partial)
    guard Files.exists(work.whole) else { return nil }
    let whole = try WorkFolder.decode(WholeDataset.self, work.whole)
    _ = try text(DatasetSources.fileName, whole.sources)
    let text = try text(Dataset.descriptionName, whole.description)
    let description = try JSONDecoder().decode(DatasetDescription.self, from: Data(text.utf8))
    for shard in description.shards {
      let path = place(of: shard.file)
      let found: Digest?
      do {
        found = try ShardFile(path).digest()
      } catch let error as FileError where !error.isMissing {
        throw error
      } catch {
        found = nil
      }
      guard found == shard.digest else {
        throw IngestError.damagedWork(path: path, what: "it is not as it was written")
      }
    }
    return description
  }

  /// The text of a file with this digest.
  private func text(_ name: String, _ digest: Digest) throws -> String {
    let path = place(of: name)
    guard Files.exists(path) else {
      throw IngestError.damagedWork(path: path, what: "it is missing")
    }
    let text = try Files.readText(path, limitBytes: 4 << 30)
    guard Digest(of: text) == digest else {
      throw IngestError.damagedWork(path: path, what: "it is not as it was written")
    }
    return text
  }

  /// Where a file of the new dataset is: those of a version are moved one by one.
  private func place(of name: String) -> String {
    let made = partial + "/" + name
    return mode == .add && !Files.exists(made) ? path + "/" + name : made
  }

  /// The description comes last: until then the old version is the dataset.
  private func publishVersion(_ description: DatasetDescription) throws {
    func move(_ name: String) throws {
      guard Files.exists(partial + "/" + name) else { return }
      try Files.rename(partial + "/" + name, to: path + "/" + name)
    }
    // Where it is gone, all that is left to do is to clear up.
    if Files.exists(partial + "/" + Dataset.descriptionName) {
      let old = try Dataset(folder: path)
      try Files.createFolder(versions)
      try Files.writeDurably(
        try old.description.json(), to: versions + "/\(old.digest).json")
      for shard in description.shards { try move(shard.file) }
      try move(DatasetSources.fileName)
      try move(Dataset.descriptionName)
    }
    try discard()
  }

  /// Removes what runs left beside OUT.partial that were killed when they began: folders with a
  /// request and nothing done.
  private func clearBeginnings() throws {
    let folder = Files.parent(of: partial)
    for name in try Files.list(folder) where name.hasPrefix(Files.name(of: partial) + ".") {
      let beginning = folder + "/" + name
      let work = beginning + "/" + WorkFolder.workName
      guard Files.isFolder(work), try Self.isOurs(beginning, orBeingMade: true),
        try Files.list(beginning).allSatisfy({ !$0.hasSuffix(ShardNames.suffix) }),
        try Files.list(work).allSatisfy({ ["scan", "write"].contains($0) })
      else { continue }
      try Files.remove(beginning)
    }
  }

  /// Removes what is not the dataset's. What says whose it is goes last.
  private func clearUp() throws {
    try clear(replaced)
    for name in [WorkFolder.wholeName, WorkFolder.requestName] {
      try Files.remove(path + "/" + name)
    }
  }

  // After a crash

  /// Ends what `publish` began when a crash cut it short.
  func endWhatWasCut() throws -> EndedRun? {
    let hasDataset = Files.exists(path + "/" + Dataset.descriptionName)
    let request = path + "/" + WorkFolder.requestName
    if hasDataset, Files.exists(request), try Self.isOurs(path, orBeingMade: false) {
      let lock = try lock(path)
      defer { withExtendedLifetime(lock) {} }
      let asked = try? WorkFolder.decode(IngestRequest.self, request)
      try clearUp()
      return try asked.map {
        EndedRun(request: $0, description: try Dataset(folder: path).description)
      }
    }
    if Files.exists(replaced) {
      let lock = Files.isFolder(partial) ? try lock(partial) : nil
      defer { withExtendedLifetime(lock) {} }
      if Files.exists(path) {
        try clear(replaced)
      } else {
        try Files.rename(replaced, to: path)
      }
    }
    return try endAddition()
  }

  /// Ends an addition whose files are being moved: the old version's description is among the
  /// versions from then on.
  private func endAddition() throws -> EndedRun? {
    let work = WorkFolder(partial)
    guard Files.exists(work.whole), Files.exists(work.request),
      let asked = try? WorkFolder.decode(IngestRequest.self, work.request), let base = asked.base,
      Files.exists(versions + "/\(base.digest).json")
    else { return nil }
    let lock = try lock(partial)
    defer { withExtendedLifetime(lock) {} }
    let adding = OutputFolder(adding: path)
    guard let description = try adding.whole() else { return nil }
    try adding.carryOut(description)
    return EndedRun(request: asked, description: description)
  }

  private func lock(_ folder: String) throws -> FileLock {
    guard let lock = try FileLock(folder: folder) else {
      throw IngestError.partIsBusy(path: folder)
    }
    return lock
  }
}
