// By which keys coordinator and workers know each other, and when they may do without.

import Basics
import Keys
import TrainingRun
import Transport

/// What a command line says of keys.
package struct ExchangeKeys: Sendable {
  /// A folder of keys for a coordinator, the file of one for a worker.
  package let path: String?
  /// Whether it was said in words that strangers may join.
  package let isInsecure: Bool

  package init(path: String?, isInsecure: Bool) {
    self.path = path
    self.isInsecure = isInsecure
  }

  /// What a coordinator's command line says of them, behind other options.
  var options: String {
    path.map { " --keys \($0.shellWord)" } ?? (isInsecure ? " --insecure" : "")
  }

  /// - Returns: nil where the coordinator does without.
  /// - Throws: `RunError` when the address can be reached by others and nothing was said of that;
  ///   `KeyError`, `FileError`.
  func coordinator(at address: String) throws -> CoordinatorKeys? {
    guard let path else {
      try check(
        .address(address), "make keys with `terrane keys FOLDER` and say --keys FOLDER")
      return nil
    }
    return try CoordinatorKeys(KeyFolder(path))
  }

  /// - Throws: as `coordinator(at:)`.
  func worker(to place: ListenerPlace) throws -> (security: EndpointSecurity, name: String?) {
    guard let path else {
      try check(place, "say --key, with a file that `terrane keys` made for the coordinator")
      return (.none, nil)
    }
    let key = try WorkerKey(file: path)
    return (.connecting(key: key.secret, listener: key.coordinator), key.name)
  }

  private func check(_ place: ListenerPlace, _ advice: String) throws {
    if isInsecure { return }
    if case .address(let address) = place, Endpoint.isPrivate(address) { return }
    throw RunError(
      description:
        "others can reach \("\(place)".visible), read what is said there and join the run; "
        + "\(advice); or say --insecure if all who can reach it are trusted",
      exitStatus: .usage)
  }
}

/// A coordinator's own key and those that it admits, which may change while it runs.
struct CoordinatorKeys {
  let folder: KeyFolder
  let secret: SecretKey
  let admission: Admission
  /// As they were read at first.
  let admitted: KeyFolder.Admitted

  init(_ folder: KeyFolder) throws {
    self.folder = folder
    secret = try folder.coordinatorKey()
    admitted = try folder.admitted()
    admission = Admission(admitted.names)
  }

  var security: EndpointSecurity { .listening(key: secret, admission: admission) }
}
