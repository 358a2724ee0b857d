// Whether the run's folder is still the run's, and its socket still there.

import Basics
import Foundation
import Logging
import Observability
import TrainingRun

extension CoordinatorRuntime {
  /// Who begins a run, or finds that one has begun, holds the lock for an instant.
  static func lock(_ folder: RunFolder, waits: Bool) throws -> RunLock {
    if waits { return try RunLock(waitingFor: folder, say: StandardStreams.say) }
    for _ in 0..<lockTries where try RunLock.isHeld(folder) { Thread.sleep(forTimeInterval: 0.05) }
    return try RunLock(folder)
  }

  private static let lockTries = 20

  /// The run's log, which says first what weakens the run's hold of its folder, and what the run
  /// began with.
  static func openLog(
    of run: PreparedRun, _ lock: RunLock, _ console: Console
  ) throws -> Logger {
    let folder = run.folder
    // Whoever clears logs away may take their folder too.
    try Files.createFolder(folder.logs)
    let logger = try RunLog(path: folder.coordinatorLog, console: console).logger(
      label: "coordinator")
    if !lock.isSure {
      logger.warning(
        """
        the file system of \(folder.path) knows no locks: a second coordinator is kept away by the \
        file \(folder.lock) alone, which is touched every second
        """)
    }
    if let origin = try run.origin { logger.info("begun with weights: \(origin)") }
    return logger
  }

  /// Between two looks.
  private static let folderInterval: Duration = .seconds(1)

  /// Whether others could write where this run does, or nobody can reach it any more.
  func lookAtFolder(at now: Instant) {
    guard now >= nextLookAtFolder else { return }
    nextLookAtFolder = now + Self.folderInterval
    do {
      if try lock.renew() {
        hasSaidLockIsGone = false
        logger.warning(
          "somebody removed \(run.folder.lock), by which this run keeps other coordinators away; it was put back"
        )
      }
    } catch let error as RunError {
      // Without a last checkpoint: what lies there is not this run's to write to.
      logger.error("stopping at once: \(error)")
      journal?.abandon()
      checkpoints.abandon()
      isFolderOurs = false
      ending = (.error, "stopped: the folder is not this run's to write to any more")
      return
    } catch {
      if !hasSaidLockIsGone { logger.warning("somebody removed the run's lock: \(error)") }
      hasSaidLockIsGone = true
    }
    lookAtSocket()
  }

  /// Without its socket, a run that loses its workers would wait for ever.
  private func lookAtSocket() {
    guard !hasSaidSocketIsGone, let path = endpoint.vanishedSocket else { return }
    hasSaidSocketIsGone = true
    logger.error(
      "the socket \(path) is gone: somebody has removed it, and no worker can join any more; stopping"
    )
    process(.stopRequested)
  }
}
