// What may be removed of a run without losing anything of it.

import Basics
import Checkpoints
import Configuration
import Observability

/// The files in a run's folder that nobody needs any more. Held under the run's lock, so that no
/// coordinator is at work meanwhile.
package struct RunCleaning {
  /// A file or a folder.
  package struct Item: Equatable, Sendable {
    package let path: String
    package let byteCount: Int
    /// What it is, for people.
    package let reason: String
  }

  /// To be removed, in the order of their paths.
  package let items: [Item]
  /// What turned out damaged once and is kept for who wants to look at it.
  package let kept: [Item]
  private let lock: RunLock

  package var byteCount: Int { items.reduce(0) { $0 + $1.byteCount } }

  /// Looks what there is; removes nothing.
  /// - Throws: `RunError` when there is no run, or a coordinator is at work; what is wrong with the
  ///   configuration; `FileError`.
  package init(of folder: RunFolder) throws {
    guard folder.holdsRun else {
      throw RunError(
        description:
          "\(folder.path.visible) holds no run: there is no \(folder.configuration.visible)")
    }
    lock = try RunLock(folder)
    let steps = try RunConfiguration.load(resolved: folder.configuration).training.steps
    var items: [Item] = []
    var kept: [Item] = []
    for parent in [folder.path, folder.checkpoints, folder.logs] where Files.isFolder(parent) {
      for name in try Files.list(parent) {
        let path = parent + "/" + name
        if name.hasSuffix(".partial") {
          items.append(try Self.item(path, "begun and never ended"))
        } else if name.hasSuffix(".damaged") {
          kept.append(try Self.item(path, "damaged"))
        }
      }
    }
    if Files.isFolder(folder.journal), try Self.isFinished(folder, steps) {
      // But the newest segment, which holds no step.
      for name in try Files.list(folder.journal).dropLast() {
        items.append(try Self.item(folder.journal + "/" + name, "journal of a run that has ended"))
      }
    }
    self.items = items.sorted { $0.path < $1.path }
    self.kept = kept
  }

  /// Removes them all.
  package func remove() throws(FileError) {
    for item in items { try Files.remove(item.path) }
  }

  /// Whether a whole checkpoint holds the last step.
  private static func isFinished(_ folder: RunFolder, _ steps: Int) throws -> Bool {
    guard Files.isFolder(folder.checkpoints) else { return false }
    let newest = try CheckpointStore(reading: folder.checkpoints).newestValid()
    return newest.checkpoint?.step.index == steps && newest.rejected.isEmpty
  }

  private static func item(_ path: String, _ reason: String) throws(FileError) -> Item {
    Item(path: path, byteCount: try byteCount(of: path), reason: reason)
  }

  private static func byteCount(of path: String) throws(FileError) -> Int {
    guard Files.isFolder(path) else { return try FileReader(path).stamp().byteCount }
    var sum = 0
    for name in try Files.list(path) { sum += try byteCount(of: path + "/" + name) }
    return sum
  }
}
