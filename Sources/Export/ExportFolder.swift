// Where an export appears: whole or not at all. It is made in OUT.partial and renamed. Nothing that
// an export does not have is ever removed.

import Basics
import TrainingRun

/// The folder of one export, and the one that it is made in.
package struct ExportFolder {
  /// As it was given, without slashes at its end.
  package let path: String
  /// Where the files are written.
  package var partial: String { path + ".partial" }
  private var replaced: String { path + ".replaced" }
  private let overwrites: Bool

  /// All that an export may have.
  static let names: Set<String> = [
    "model.safetensors", "config.json", "README.md", "item.json", "check.safetensors", "check.py",
    "terratorch.yaml", "pangaea", "torchgeo_bench", "torchgeo_weights.py", "pretraining",
    "__pycache__",
  ]

  /// Checks that the folder may be written. Makes nothing, but gives an export its name back that
  /// was put aside when a crash came.
  /// - Throws: `RunError`, `FileError`.
  package init(_ argument: String, overwrites: Bool) throws {
    var path = argument
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    self.path = path
    self.overwrites = overwrites
    // What a crash cut short.
    if !Files.exists(path), Files.isFolder(replaced), try Self.isExport(replaced) {
      try Files.rename(replaced, to: path)
    }
    guard Files.exists(path) else { return }
    guard Files.isFolder(path) else {
      throw RunError(description: "\(path) is a file; name a folder for the export")
    }
    if try Files.list(path).isEmpty { return }
    guard try Self.isExport(path) else {
      throw RunError(
        description: "\(path) holds something else than an export and is left as it is; name "
          + "another folder")
    }
    guard overwrites else {
      throw RunError(
        description: "\(path) holds an export already; name another folder, or add --overwrite to "
          + "replace it")
    }
  }

  /// The folder's own name.
  package var name: String { Files.name(of: Files.absolute(path)) }

  /// Lets `body` write into a new folder, which gets its name when all is durable. On an error
  /// nothing is left behind and what stood there stays.
  package func fill(_ body: (_ folder: String) throws -> Void) throws {
    for leftover in [partial, replaced] where Files.exists(leftover) {
      guard try Files.isFolder(leftover) && Self.isExport(leftover) else {
        throw RunError(
          description: "\(leftover) is in the way and holds something else than an export; move it "
            + "or name another folder")
      }
      try Files.remove(leftover)
    }
    do {
      try Files.createFolder(partial)
      try body(partial)
      if Files.exists(path) { try Files.rename(path, to: replaced) }
      try Files.rename(partial, to: path)
    } catch {
      try? Files.remove(partial)
      if Files.exists(replaced) && !Files.exists(path) { try? Files.rename(replaced, to: path) }
      throw error
    }
    try Files.remove(replaced)
  }

  /// Whether a folder holds nothing but what exports have; files that are being written included.
  private static func isExport(_ folder: String) throws -> Bool {
    try Files.list(folder).allSatisfy { name in
      names.contains(name.hasSuffix(".partial") ? String(name.dropLast(8)) : name)
    }
  }
}
