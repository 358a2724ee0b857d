// What lies in a run's folder, as far as it decides what becomes of it.

import Basics
import Observability

extension RunFolder {
  /// The same, where a folder that may not be looked into is an error.
  func checkedHoldsRun() throws(FileError) -> Bool { try Files.isThere(configuration) }

  /// Removes what a run that never began has left empty; logs that say something stay. Only for who
  /// holds the lock, which goes with the folder.
  /// - Parameter withItself: whether the folder goes too, when nothing else is in it.
  func sweep(withItself: Bool) {
    func names(in folder: String) -> [String] { (try? Files.list(folder)) ?? [] }
    let files = [metrics] + names(in: logs).map { logs + "/" + $0 }
    for file in files where Files.isRegular(file) {
      if (try? Files.readBytes(file, limitBytes: 0))?.isEmpty == true { try? Files.remove(file) }
    }
    for folder in [logs, checkpoints] where Files.isFolder(folder) && names(in: folder).isEmpty {
      try? Files.remove(folder)
    }
    let isEmpty = names(in: path).allSatisfy { path + "/" + $0 == lock }
    if withItself && isEmpty { try? Files.remove(path) }
  }

  /// Whether no coordinator has been at work here: nobody has joined, nothing was saved.
  var isUntouched: Bool {
    let hasLines = (Files.byteCount(of: metrics) ?? 0) > 0
    let hasCheckpoints = (try? Files.list(checkpoints).isEmpty) == false
    return !hasLines && !hasCheckpoints
  }
}
