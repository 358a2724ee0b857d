// What is wrong with files of keys, and what to do about it.

import Basics

package enum KeyError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
  /// No coordinator's key lies in this folder.
  case noCoordinatorKey(folder: String)
  /// Its workers' keys are there, and the key that they are for is not.
  case lostCoordinatorKey(folder: String)
  /// A file was named where the folder of a coordinator is meant.
  case fileForFolder(path: String)
  /// Others could admit themselves.
  case writableByOthers(folder: String)
  /// A folder was named where the file of one worker is meant.
  case folderForFile(path: String)
  /// Somebody else than its owner may read or write a secret.
  case openToOthers(path: String, mode: UInt32)
  /// A public key was named where a worker's secret one is meant.
  case publicKey(path: String, secret: String)
  /// A secret that belongs to somebody else, who can therefore change it.
  case foreign(path: String)
  case wrongKind(path: String, found: String, wanted: String)
  case unreadable(path: String, reason: String)
  case badName(String)
  case nameTaken(String, path: String)
  case nameTwice(String)
  /// Another process makes keys there.
  case busy(folder: String)
  case tooMany(folder: String, limit: Int)

  /// A name that can be none is wrong usage.
  package var exitStatus: ExitStatus {
    switch self {
    case .badName, .nameTwice: .usage
    default: .failure
    }
  }

  package var description: String {
    switch self {
    case .noCoordinatorKey(let folder):
      "there is no \(KeyFolder.coordinatorFile) in \(folder.visible); make keys with: "
        + "terrane keys \(folder.shellWord)"
    case .lostCoordinatorKey(let folder):
      "\(KeyFolder.coordinatorFile) is missing in \(folder.visible), and the keys that were given "
        + "away there are of no use without it; put it back, or make all keys anew in another folder"
    case .fileForFolder(let path):
      "\(path.visible) is a file; a coordinator has the folder that `terrane keys` made"
    case .writableByOthers(let folder):
      "others may write into \(folder.visible), and could admit themselves; keep them out with: "
        + "chmod go-w \(folder.shellWord)"
    case .folderForFile(let path):
      "\(path.visible) is a folder; a worker has one file of it, such as "
        + "\(path.shellWord)/\(KeyFolder.workersFolder)/NAME\(KeyFolder.secretSuffix)"
    case .openToOthers(let path, let mode):
      "others may read or change the secret key \(path.visible) (its mode is "
        + "\(String(mode, radix: 8))); keep it to yourself with: chmod 600 \(path.shellWord)"
    case .publicKey(let path, let secret):
      "\(path.visible) is a public key, which the coordinator keeps; a worker needs its secret one, "
        + "such as \(secret.visible)"
    case .foreign(let path):
      "the secret key \(path.visible) belongs to another user; make a copy of your own"
    case .wrongKind(let path, let found, let wanted):
      "\(path.visible) is a \(found); here a \(wanted) is needed"
    case .unreadable(let path, let reason):
      "\(path.visible) is not a file of keys: \(reason); make one with: terrane keys"
    case .badName(let name):
      "'\(name.visible)' cannot name a key; take 1 to \(KeyFolder.longestName) letters, digits, dots, "
        + "hyphens and underscores, the first one a letter or a digit, but not 'coordinator', and "
        + "no end like .key or .pub"
    case .nameTaken(let name, let path):
      "there is a key of \(name) already, \(path.visible); take another name, or remove that file first"
    case .nameTwice(let name): "\(name) is named twice; name each worker once"
    case .busy(let folder):
      "another process makes keys in \(folder.visible); say it again when that one is done"
    case .tooMany(let folder, let limit):
      "\(folder.visible) has more than \(limit) keys, the most that a coordinator admits"
    }
  }
}
