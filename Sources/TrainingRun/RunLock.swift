// One process at a time that may write into a run's folder.

import Basics
import Foundation
import Observability

/// Held for as long as this lives. Two locks: one on the folder itself, which nobody can take away
/// from under a run, and one on a file in it, which holds among machines where the folder lies on
/// NFS. The file names who holds it. Where the file system knows no locks, that name, touched every
/// second, has to do (`LockName`).
package struct RunLock {
  private enum Hold {
    /// The file's is nil when it was lost to somebody else.
    case locked(folder: FileLock, file: FileLock?)
    case named(LockName)
  }

  private let folder: RunFolder
  private var hold: Hold

  /// - Throws: `RunError` when another process holds it; `FileError`.
  package init(_ folder: RunFolder) throws {
    self.folder = folder
    do {
      guard let whole = try FileLock(folder: folder.path), let file = try FileLock(folder.lock)
      else { throw Self.held(folder) }
      hold = .locked(folder: whole, file: file)
      writeName()
    } catch let error as FileError where error.hasNoLocks {
      guard let name = try LockName(folder.lock, holder: Self.ownName) else {
        throw Self.held(folder)
      }
      hold = .named(name)
    }
  }

  /// Whether the file system has locks: without, two coordinators are kept apart less surely.
  package var isSure: Bool { if case .locked = hold { true } else { false } }

  /// Whether a process holds it now. Writes nothing and keeps nothing.
  package static func isHeld(_ folder: RunFolder) throws(FileError) -> Bool {
    do throws(FileError) {
      if try FileLock.isHeld(folder.path) { return true }
      return try FileLock.isHeld(folder.lock)
    } catch {
      if error.hasNoLocks { return LockName.isFresh(folder.lock) }
      throw error
    }
  }

  /// Waits until no process holds it.
  /// - Parameter say: takes a sentence when there is something to wait for.
  package init(waitingFor folder: RunFolder, say: (String) -> Void) throws {
    while true {
      try Self.waitUntilFree(folder, say: say)
      do {
        self = try RunLock(folder)
        return
      } catch let error as RunError where error.exitStatus == .runIsHeld {
        continue  // Somebody was quicker.
      }
    }
  }

  /// Returns when no process holds it.
  package static func waitUntilFree(
    _ folder: RunFolder, say: (String) -> Void = { _ in }
  ) throws {
    var hasSaid = false
    while try isHeld(folder) {
      if !hasSaid {
        let holder = holder(folder).map { " (\($0))" } ?? ""
        say("another coordinator\(holder) is at work in \(folder.path); waiting for its end")
      }
      hasSaid = true
      Thread.sleep(forTimeInterval: lookInterval.seconds)
    }
  }

  /// Between two looks whether it is free.
  private static let lookInterval: Duration = .milliseconds(500)

  /// Looks whether the folder and the file are still those that were locked, and puts back a file
  /// that somebody removed.
  /// - Returns: whether it was put back.
  /// - Throws: `RunError` when the folder is somewhere else, or another process has locked a new
  ///   file: then nothing may be written any more. `FileError` when the file cannot be put back.
  package mutating func renew() throws -> Bool {
    switch hold {
    case .named(let name):
      if !Files.isFolder(folder.path) { throw moved }
      if name.isTaken { throw Self.held(folder) }
      return false
    case .locked(let whole, let file):
      if file?.isAt(folder.lock) == true { return false }
      guard whole.isAt(folder.path) else { throw moved }
      hold = .locked(folder: whole, file: nil)
      guard let file = try FileLock(folder.lock) else { throw Self.held(folder) }
      hold = .locked(folder: whole, file: file)
      writeName()
      return true
    }
  }

  /// On a full disk it stays unnamed.
  private func writeName() {
    try? FileWriter(creating: folder.lock).write(Array("\(Self.ownName)\n".utf8))
  }

  private static var ownName: String {
    let process = ProcessInfo.processInfo
    return "process \(process.processIdentifier) on \(process.hostName)"
  }

  private var moved: RunError {
    RunError(
      description: "the run's folder \(folder.path) was moved or removed while the run was at "
        + "work; where it lies now, go on with it by terrane train --resume")
  }

  private static func held(_ folder: RunFolder) -> RunError {
    let holder = Self.holder(folder).map { " (\($0))" } ?? ""
    return RunError(
      description:
        "another coordinator\(holder) is at work in \(folder.path); stop that one first",
      exitStatus: .runIsHeld)
  }

  /// As the file tells it, if it does.
  private static func holder(_ folder: RunFolder) -> String? {
    guard let text = try? Files.readText(folder.lock, limitBytes: 1 << 10) else { return nil }
    let line = text.prefix { $0 != "\n" && $0 != "," }
    return line.hasPrefix("process ") ? String(line) : nil
  }
}
