// Why a file that a command is to make cannot be. Not what went wrong while it was written: that is
// `FileError`.

/// What stands in the way of an output. Each description says what to do.
package enum OutputError: Error, Equatable, CustomStringConvertible {
  case noName(option: String)
  /// It is read by the same command.
  case isRead(path: String)
  /// Two outputs of one command have one name.
  case isNamedTwice(path: String)
  case exists(path: String)
  case isAFolder(path: String)
  case noFolder(path: String, folder: String)
  /// Its name says that it is something else.
  case otherEnding(option: String, path: String, kind: String, ending: String)
  /// Another process is making it.
  case isHeld(path: String)

  package var description: String {
    switch self {
    case .noName(let option):
      "\(option) is empty; give it a name."
    case .isRead(let path):
      "\(path.visible) is what is read; give what is written another name."
    case .isNamedTwice(let path):
      "\(path.visible) is to hold two outputs; give each its own name."
    case .exists(let path):
      "\(path.visible) is there already. Choose another name, or replace it with --overwrite."
    case .isAFolder(let path):
      "\(path.visible) is a folder. Name a file in it."
    case .noFolder(let path, let folder):
      "\(path.visible) cannot be written: there is no folder \(folder.visible). Create it first."
    case .otherEnding(let option, let path, let kind, let ending):
      "\(option) makes \(kind), and \(path.visible) does not end in \(ending). Name one that does, and "
        + "convert it afterwards for another type."
    case .isHeld(let path):
      "another process is making \(path.visible). Wait for its end, or choose another name."
    }
  }
}
