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
  /// Nil while the folder that it is to lie in is not there.
  private let lock: OutputLock?

  /// What no other folder has.
  private static let mark = "item.json"
  /// All that an export may have.
  static let names: Set<String> = [
    "model.safetensors", "config.json", "README.md", "item.json", "check.safetensors", "check.py",
    "terratorch.yaml", "pangaea", "torchgeo_bench", "torchgeo_weights.py", "pretraining",
    "__pycache__",
  ]

  /// Names that other folders have too.
  private static let commonNames: Set<String> = ["README.md", "config.json", "__pycache__"]

  /// Checks that the folder may be written, and keeps it from other processes. Makes nothing but
  /// the lock, and gives an export its name back that was put aside when a crash came.
  /// - Throws: `RunError`, `OutputError`, `FileError`.
  package init(_ argument: String, overwrites: Bool) throws {
    var path = argument
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    self.path = path
    self.overwrites = overwrites
    if path.isEmpty { throw OutputError.noName(option: "OUT") }
    lock = Files.isFolder(Files.parent(of: path)) ? try OutputLock(path) : nil
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
    try Files.createFolder(Files.parent(of: path))
    let lock = try self.lock ?? OutputLock(path)
    defer { withExtendedLifetime(lock) {} }
    for leftover in [partial, replaced] where Files.exists(leftover) {
      guard try Files.isFolder(leftover) && Self.isBeginning(leftover) else {
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

  /// Whether a folder holds what every export has, and nothing that none has.
  private static func isExport(_ folder: String) throws -> Bool {
    try Files.exists("\(folder)/\(mark)") && hasNothingElse(folder)
  }

  /// Whether a folder may be what a crash left of an export, while it was written or removed.
  private static func isBeginning(_ folder: String) throws -> Bool {
    let found = try Files.list(folder)
    return try (found.isEmpty || !commonNames.isSuperset(of: found)) && hasNothingElse(folder)
  }

  /// Files that are being written included.
  private static func hasNothingElse(_ folder: String) throws -> Bool {
    try Files.list(folder).allSatisfy { name in
      names.contains(name.hasSuffix(".partial") ? String(name.dropLast(8)) : name)
    }
  }
}
