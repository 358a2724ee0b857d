// Where the processes of `terrane train` meet: a socket in the file system of this machine.

import Basics
import Foundation
import TrainingRun
import Transport

/// A folder that only this user can enter, for one socket. It lies in the run's folder, which
/// nobody cleans up; where that has too long a path for a socket, or a file system without any, in
/// a folder for temporary files. (A socket outside the file system could not be cleaned away, but
/// every user of the machine could connect to it, or take its name while the coordinator is
/// replaced.)
package final class MeetingPlace {
  package let folder: String
  /// Held while the folder is in use.
  private let lock: FileLock

  private static let prefix = ".meeting-"

  package var address: String { Self.address(in: folder) }

  /// - Parameter temporaryFolders: tried in order after the run's folder.
  package init(
    of run: String,
    temporaryFolders: [String] = [ProcessInfo.processInfo.environment["TMPDIR"], "/tmp"]
      .compactMap { $0 }
  ) throws {
    Self.clear(run)
    (folder, lock) = try Self.first(of: [run] + temporaryFolders)
  }

  package func remove() { try? Files.remove(folder) }

  private static func address(in folder: String) -> String { "ipc://\(folder)/socket" }
  private static func lockPath(in folder: String) -> String { folder + "/lock" }

  private static func first(of parents: [String]) throws -> (String, FileLock) {
    var failures: [String] = []
    for parent in parents {
      do {
        // A relative path could look like one of another kind.
        return try make(under: parent.hasPrefix("/") ? parent : "./" + parent)
      } catch {
        failures.append("in \(parent): \(error)")
      }
    }
    throw RunError(
      description: "there is no place for the socket through which the processes of this machine "
        + "talk; set TMPDIR to a folder of yours with a short path (\(failures.joined(separator: "; ")))"
    )
  }

  /// A new folder in which a socket could be made.
  private static func make(under parent: String) throws -> (String, FileLock) {
    let folder = try Files.createPrivateFolder(under: parent, prefix: prefix)
    do {
      guard let lock = try FileLock(lockPath(in: folder)) else {
        throw RunError(description: "another process has locked \(folder)")
      }
      try Endpoint.tryOut(address(in: folder))
      return (folder, lock)
    } catch {
      try? Files.remove(folder)
      throw error
    }
  }

  /// Removes what launchers left behind in a run's folder that were killed.
  static func clear(_ run: String) {
    guard let names = try? Files.list(run) else { return }
    for folder in names.filter({ $0.hasPrefix(prefix) }).map({ "\(run)/\($0)" }) {
      // Nil while somebody is there.
      if (try? FileLock(lockPath(in: folder))) != nil { try? Files.remove(folder) }
    }
  }
}
