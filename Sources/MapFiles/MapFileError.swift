// Why a map cannot be written or read again.

import Basics

package enum MapFileError: Error, CustomStringConvertible {
  case notWritten(path: String, reason: String)
  case notRead(path: String, reason: String)

  package var description: String {
    switch self {
    case .notWritten(let path, let reason):
      "cannot write \(path.visible): \(reason.visible). If the disk is full, free some space and give "
        + "the same command again."
    case .notRead(let path, let reason): "cannot read \(path.visible): \(reason.visible)"
    }
  }
}
