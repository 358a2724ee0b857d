// A folder of keys: the coordinator's own, those that it admits, and files for workers to take
// away.

import Basics
import Transport

/// `coordinator.key` is the coordinator's secret; `workers/NAME.key` goes to the machines of NAME;
/// as long as `admitted/NAME.pub` is there, NAME may join.
package struct KeyFolder: Sendable {
  package let path: String

  static let coordinatorFile = "coordinator.key"
  static let workersFolder = "workers"
  static let secretSuffix = ".key"
  private static let admittedFolder = "admitted"
  private static let publicSuffix = ".pub"

  static let longestName = 64
  /// More names than connections that a coordinator can have.
  private static let admittedLimit = 4096
  private static let publicFileBytes = 256

  package init(_ path: String) { self.path = path }

  private var coordinatorPath: String { path + "/" + Self.coordinatorFile }
  private var admittedPath: String { path + "/" + Self.admittedFolder }

  /// Where the secret of a worker lies after it was made.
  package func workerPath(_ name: String) -> String {
    "\(path)/\(Self.workersFolder)/\(name)\(Self.secretSuffix)"
  }

  /// Removing it shuts the worker out.
  package func admissionPath(_ name: String) -> String {
    "\(admittedPath)/\(name)\(Self.publicSuffix)"
  }

  /// Where the secret of a public key lies, or is called; nil for what is no public key's file.
  static func secret(besidePublic path: String) -> String? {
    let file = Files.name(of: path)
    guard file.hasSuffix(publicSuffix), Files.exists(path) else { return nil }
    let name = String(file.dropLast(publicSuffix.count))
    let whole = KeyFolder(Files.parent(of: Files.parent(of: Files.absolute(path))))
    let secret = whole.workerPath(name)
    return Files.exists(secret) ? secret : "\(workersFolder)/\(name)\(secretSuffix)"
  }

  static func isName(_ name: String) -> Bool {
    let isPlain = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    let marks = "._-".utf8
    // A file of that name would be taken for something else.
    if [secretSuffix, publicSuffix].contains(where: name.hasSuffix) || name == "coordinator" {
      return false
    }
    return (1...longestName).contains(name.utf8.count) && isPlain(name.utf8.first!)
      && name.utf8.allSatisfy { isPlain($0) || marks.contains($0) }
  }

  // MARK: Making

  /// Makes a coordinator's key unless there is one, and a key for each name.
  /// - Returns: whether the coordinator's key is new.
  /// - Throws: `KeyError`, before anything is made, for a name that is none, or taken, or there
  ///   twice.
  package func make(workers names: [String]) throws -> Bool {
    for (place, name) in names.enumerated() {
      guard Self.isName(name) else { throw KeyError.badName(name) }
      if names[..<place].contains(name) { throw KeyError.nameTwice(name) }
      for taken in [workerPath(name), admissionPath(name)] where Files.exists(taken) {
        throw KeyError.nameTaken(name, path: taken)
      }
    }
    try Files.createFolder(path)
    guard let lock = try FileLock(folder: path) else { throw KeyError.busy(folder: path) }
    defer { withExtendedLifetime(lock) {} }
    let isNew = !Files.exists(coordinatorPath)
    if isNew, Files.isFolder(admittedPath), try !Files.list(admittedPath).isEmpty {
      throw KeyError.lostCoordinatorKey(folder: path)
    }
    for folder in [admittedPath, path + "/" + Self.workersFolder] { try Files.createFolder(folder) }
    if isNew {
      try KeyFile(.coordinator, .generate()).write(to: coordinatorPath)
    }
    let coordinator = try coordinatorKey().publicKey
    for name in names {
      let secret = try SecretKey.generate()
      try KeyFile(.worker, secret, name: name, coordinator: coordinator).write(to: workerPath(name))
      // Last: a name that is admitted has its secret.
      try Files.writeDurably("\(secret.publicKey)\n", to: admissionPath(name))
    }
    return isNew
  }

  // MARK: Reading

  /// - Throws: `KeyError` for a key that is missing, damaged or open to others.
  package func coordinatorKey() throws -> SecretKey {
    if Files.exists(path) && !Files.isFolder(path) { throw KeyError.fileForFolder(path: path) }
    guard Files.exists(coordinatorPath) else { throw KeyError.noCoordinatorKey(folder: path) }
    return try KeyFile(coordinatorPath, expecting: .coordinator).secret(coordinatorPath)
  }

  /// Whom a coordinator admits.
  package struct Admitted: Equatable, Sendable {
    package var names: [PublicKey: String] = [:]
    /// Files that admit nobody, and why.
    package var faults: [String] = []
  }

  /// The keys in `admitted` as they are now. Where that folder alone is not there, nobody is
  /// admitted.
  /// - Throws: `FileError` when it cannot be read, or all of the keys are gone, as when a disk is;
  ///   `KeyError.tooMany`.
  package func admitted() throws -> Admitted {
    let files: [String]
    do {
      files = try Files.list(admittedPath).filter { $0.hasSuffix(Self.publicSuffix) }
    } catch {
      if error.isMissing && Files.exists(coordinatorPath) { return Admitted() }
      throw error
    }
    guard files.count <= Self.admittedLimit else {
      throw KeyError.tooMany(folder: admittedPath, limit: Self.admittedLimit)
    }
    for folder in [path, admittedPath] {
      guard try FileReader(folder).ownership().mode & 0o022 == 0 else {
        throw KeyError.writableByOthers(folder: folder)
      }
    }
    var admitted = Admitted()
    for file in files { try read(file, into: &admitted) }
    return admitted
  }

  /// - Throws: what says nothing of the file itself, such as too many open files.
  private func read(_ file: String, into admitted: inout Admitted) throws {
    let path = admittedPath + "/" + file
    let name = String(file.dropLast(Self.publicSuffix.count))
    do {
      let text = try Files.readText(path, limitBytes: Self.publicFileBytes)
      guard let key = PublicKey(text.filter { !$0.isWhitespace }), Self.isName(name) else {
        throw KeyError.unreadable(
          path: path, reason: "a name and 40 characters of a public key are expected")
      }
      if let other = admitted.names[key] {
        admitted.faults.append("\(path.visible) has the key of \(other), whose name counts")
      } else {
        admitted.names[key] = name
      }
    } catch let error as KeyError {
      admitted.faults.append("\(error)")
    } catch let error as FileError {
      // One that is missing was removed in this moment.
      if error.isForbidden {
        admitted.faults.append("\(error)")
      } else if !error.isMissing {
        throw error
      }
    }
  }
}
