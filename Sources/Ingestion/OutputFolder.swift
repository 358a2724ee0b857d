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
  var replaced: String { path + ".replaced" }
  /// Older versions' descriptions, by digest.
  var versions: String { path + "/" + Self.versionsName }
  let mode: OutputMode
  /// What this run has ended for an earlier one.
  private var ended: EndedRun?

  private static let versionsName = "versions"

  /// Checks that the folder may be written. Makes nothing.
  /// - Throws: `IngestError`, `FileError`.
  package init(_ argument: String, mode: OutputMode) throws {
    if argument.isEmpty { throw IngestError.noOutput }
    path = URL(fileURLWithPath: argument).standardizedFileURL.path
    self.mode = mode
    if mode == .dryRun { return }
    ended = try endWhatWasCut()
    let hasDescription = Files.exists(path + "/" + Dataset.descriptionName)
    if mode == .add {
      guard hasDescription else { throw IngestError.nothingToAddTo(path: path) }
      return
    }
    guard Files.exists(path) else { return }
    guard Files.isFolder(path) else { throw IngestError.outputIsAFile(path: path) }
    if try Files.list(path).isEmpty { return }
    if mode == .create, ended != nil { return }
    guard mode == .overwrite else {
      throw IngestError.outputNotEmpty(path: path, isDataset: hasDescription)
    }
    guard try hasDescription && Self.isOurs(path, orBeingMade: false) else {
      throw IngestError.notADataset(path: path)
    }
  }

  /// For what is added to a dataset.
  init(adding path: String) {
    self.path = path
    mode = .add
  }

  /// The version that is there, for a run that adds to it.
  package func version() throws -> BaseVersion {
    let digest = try Dataset(folder: path).digest
    // A run that was cut may have put its description among the older ones.
    let older = try Dataset.earlierVersions(folder: path).count { $0 != digest }
    return BaseVersion(digest: digest, number: older + 1)
  }

  /// The dataset of this request, where an earlier run had it all but in its place.
  /// - Throws: `IngestError.outputNotEmpty` where it had another one there.
  func ended(_ request: IngestRequest) throws -> DatasetDescription? {
    guard let ended else { return nil }
    if ended.request.isSame(as: request) { return ended.description }
    if mode == .create { throw IngestError.outputNotEmpty(path: path, isDataset: true) }
    return nil
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

  func clear(_ folder: String) throws {
    guard Files.exists(folder) else { return }
    guard try Files.isFolder(folder) && Self.isOurs(folder, orBeingMade: folder == partial) else {
      throw IngestError.notADataset(path: folder)
    }
    try Files.remove(folder)
  }

  /// Whether a folder holds nothing but what this program writes.
  static func isOurs(_ folder: String, orBeingMade: Bool) throws -> Bool {
    let files = [
      Dataset.descriptionName, DatasetSources.fileName, WorkFolder.requestName,
      WorkFolder.wholeName,
    ]
    return try Files.list(folder).allSatisfy { name in
      files.contains { name.hasPrefix($0) } || name.hasSuffix(ShardNames.suffix)
        || (orBeingMade ? name == WorkFolder.workName : name == versionsName)
    }
  }
}
