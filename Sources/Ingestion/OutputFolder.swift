// Where a dataset appears: whole or not at all. It is made in OUT.partial and renamed; what an
// earlier run left there when it was stopped is cleared away, and nothing that is not a dataset is
// ever removed.

import Basics
import Foundation
import Imagery

package struct OutputFolder {
  /// The dataset's folder, absolute.
  package let path: String
  /// Where it is made.
  package var partial: String { path + ".partial" }
  /// Where the old one waits while `publish` puts the new one in its place.
  private var replaced: String { path + ".replaced" }

  /// Checks that the folder may be written and makes an empty partial one.
  /// - Throws: `IngestError`, `FileError`.
  package init(_ argument: String, overwrite: Bool) throws {
    path = URL(fileURLWithPath: argument).standardizedFileURL.path
    try restoreAfterCrash()
    if Files.exists(path) {
      guard Files.isFolder(path) else { throw IngestError.outputIsAFile(path: path) }
      if try !Files.list(path).isEmpty {
        guard overwrite else { throw IngestError.outputNotEmpty(path: path) }
        guard try Self.isDataset(path), Files.exists(path + "/" + Dataset.descriptionName) else {
          throw IngestError.notADataset(path: path)
        }
      }
    }
    try clear(partial)
    try Files.createFolder(partial)
  }

  /// Puts the finished dataset in its place.
  package func publish() throws {
    if Files.exists(path) {
      try Files.rename(path, to: replaced)
      try Files.rename(partial, to: path)
      try clear(replaced)
    } else {
      try Files.rename(partial, to: path)
    }
  }

  /// Removes what was made so far.
  /// - Throws: what could not be removed; the next run for the same folder clears it.
  package func discard() throws { try clear(partial) }

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
    guard try Files.isFolder(folder) && Self.isDataset(folder) else {
      throw IngestError.notADataset(path: folder)
    }
    try Files.remove(folder)
  }

  /// Whether a folder holds nothing but what this program writes.
  private static func isDataset(_ folder: String) throws -> Bool {
    try Files.list(folder).allSatisfy {
      $0.hasPrefix(Dataset.descriptionName) || $0.hasSuffix(ShardNames.suffix)
    }
  }
}
