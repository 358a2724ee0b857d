// Where a dataset appears: whole or not at all. It is made in OUT.partial and renamed, or moved
// into the dataset that it is a new version of. Nothing that this program did not make is ever
// removed.

import Basics
import Foundation
import Imagery

/// What is done with what stands at the output's path.
package enum OutputMode: Sendable {
  /// There must be nothing.
  case create
  /// A dataset that is there is replaced, once the new one is whole.
  case overwrite
  /// A dataset that is there gets a new version; the shards of older ones stay.
  case add
  /// Nothing is changed there: what is made is thrown away.
  case dryRun
}

package struct OutputFolder {
  /// The dataset's folder, absolute.
  package let path: String
  /// Where it is made.
  package var partial: String { path + (mode == .dryRun ? ".dry-run" : ".partial") }
  /// Where the old one waits while `publish` puts the new one in its place.
  private var replaced: String { path + ".replaced" }
  /// Older versions' descriptions, by digest.
  private var versions: String { path + "/" + Self.versionsName }
  private let mode: OutputMode

  private static let versionsName = "versions"

  /// Checks that the folder may be written. Makes nothing.
  /// - Throws: `IngestError`, `FileError`.
  package init(_ argument: String, mode: OutputMode) throws {
    path = URL(fileURLWithPath: argument).standardizedFileURL.path
    self.mode = mode
    if mode == .dryRun { return }
    try restoreAfterCrash()
    let hasDescription = Files.exists(path + "/" + Dataset.descriptionName)
    if mode == .add {
      guard hasDescription else { throw IngestError.nothingToAddTo(path: path) }
      return
    }
    guard Files.exists(path) else { return }
    guard Files.isFolder(path) else { throw IngestError.outputIsAFile(path: path) }
    if try Files.list(path).isEmpty { return }
    guard mode == .overwrite else { throw IngestError.outputNotEmpty(path: path) }
    guard try hasDescription && Self.isOurs(path, orBeingMade: false) else {
      throw IngestError.notADataset(path: path)
    }
  }

  /// The version that is there, for a run that adds to it.
  package func version() throws -> DatasetVersion {
    let older = Files.isFolder(versions) ? try Files.list(versions).count : 0
    return DatasetVersion(digest: try Dataset(folder: path).digest, number: older + 1)
  }

  /// Puts the finished dataset in its place. What a crash cuts short, the next call ends.
  package func publish(_ description: DatasetDescription) throws {
    if mode == .add { return try publishVersion(description) }
    if Files.exists(path) {
      try Files.rename(path, to: replaced)
      try Files.rename(partial, to: path)
      try clear(replaced)
    } else {
      try Files.rename(partial, to: path)
    }
    try Files.remove(path + "/" + WorkFolder.requestName)
  }

  /// Removes what was made so far.
  /// - Throws: what could not be removed.
  package func discard() throws { try clear(partial) }

  /// - Throws: `IngestError.notADataset` when something else stands where the dataset is made.
  func requireOwnPartial() throws {
    guard Files.exists(partial) else { return }
    guard try Files.isFolder(partial) && Self.isOurs(partial, orBeingMade: true) else {
      throw IngestError.notADataset(path: partial)
    }
  }

  /// The description comes last: until then the old version is the dataset.
  private func publishVersion(_ description: DatasetDescription) throws {
    let old = try Dataset(folder: path)
    try Files.createFolder(versions)
    try Files.writeDurably(
      try old.description.json(), to: versions + "/\(old.digest).json")
    for shard in description.shards where Files.exists(partial + "/" + shard.file) {
      try Files.rename(partial + "/" + shard.file, to: path + "/" + shard.file)
    }
    for name in [DatasetSources.fileName, Dataset.descriptionName] {
      try Files.rename(partial + "/" + name, to: path + "/" + name)
    }
    try discard()
  }

  /// Ends what `publish` began when a crash cut it short.
  private func restoreAfterCrash() throws {
    guard Files.exists(replaced) else { return }
    if Files.exists(path) {
      try clear(replaced)
    } else {
      try Files.rename(replaced, to: path)
    }
  }

  private func clear(_ folder: String) throws {
    guard Files.exists(folder) else { return }
    guard try Files.isFolder(folder) && Self.isOurs(folder, orBeingMade: folder == partial) else {
      throw IngestError.notADataset(path: folder)
    }
    try Files.remove(folder)
  }

  /// Whether a folder holds nothing but what this program writes.
  private static func isOurs(_ folder: String, orBeingMade: Bool) throws -> Bool {
    let files = [Dataset.descriptionName, DatasetSources.fileName, WorkFolder.requestName]
    return try Files.list(folder).allSatisfy { name in
      files.contains { name.hasPrefix($0) } || name.hasSuffix(ShardNames.suffix)
        || (orBeingMade ? name == WorkFolder.workName : name == versionsName)
    }
  }
}
