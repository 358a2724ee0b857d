// A file with a secret key, as JSON: who has read it once has all that one side needs.

import Basics
import Foundation
import Transport

/// What a worker's file holds.
package struct WorkerKey: Sendable {
  /// What the coordinator calls whoever has the key.
  package let name: String
  package let secret: SecretKey
  /// Of the only coordinator that the worker believes.
  package let coordinator: PublicKey

  /// - Throws: `KeyError` for what is no such file or is open to others; `FileError`.
  package init(file path: String) throws {
    if Files.isFolder(path) { throw KeyError.folderForFile(path: path) }
    if let secret = KeyFolder.secret(besidePublic: path) {
      throw KeyError.publicKey(path: path, secret: secret)
    }
    let file = try KeyFile(path, expecting: .worker)
    guard let name = file.name, KeyFolder.isName(name), let text = file.coordinatorKey,
      let coordinator = PublicKey(text)
    else {
      throw KeyError.unreadable(path: path, reason: "the name or the coordinator's key is missing")
    }
    self.name = name
    self.coordinator = coordinator
    secret = try file.secret(path)
  }
}

/// The JSON of a secret's file.
struct KeyFile: Codable {
  enum Kind: String, Codable {
    case coordinator = "coordinator's secret key"
    case worker = "worker's secret key"
  }

  let kind: Kind
  var name: String?
  let secretKey: String
  let publicKey: String
  /// In a worker's file.
  var coordinatorKey: String?

  private static let limitBytes = 4096

  init(_ kind: Kind, _ secret: SecretKey, name: String? = nil, coordinator: PublicKey? = nil) {
    self.kind = kind
    self.name = name
    secretKey = secret.secretText
    publicKey = secret.publicKey.description
    coordinatorKey = coordinator?.description
  }

  /// Reads a file that nobody but its owner may read, as ssh demands it of its own.
  init(_ path: String, expecting kind: Kind) throws {
    let reader = try FileReader(path)
    let owner = try reader.ownership()
    guard owner.mode & 0o077 == 0 else {
      throw KeyError.openToOthers(path: path, mode: owner.mode)
    }
    guard owner.isOurs else { throw KeyError.foreign(path: path) }
    do {
      self = try JSONDecoder().decode(KeyFile.self, from: Self.content(of: reader))
    } catch is DecodingError {
      throw KeyError.unreadable(path: path, reason: "its JSON does not have what one has")
    }
    guard self.kind == kind else {
      throw KeyError.wrongKind(path: path, found: self.kind.rawValue, wanted: kind.rawValue)
    }
  }

  private static func content(of reader: FileReader) throws -> Data {
    let byteCount = try reader.stamp().byteCount
    guard byteCount <= limitBytes else {
      throw KeyError.unreadable(path: reader.path, reason: "it has \(byteCount) bytes")
    }
    var content = Data(count: byteCount)
    let count = try unsafe content.withUnsafeMutableBytes { bytes in
      try unsafe reader.read(into: bytes, at: 0)
    }
    return content.prefix(count)
  }

  /// Writes the file for its owner's eyes only.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes = try encoder.encode(self) + Data("\n".utf8)
    try Files.writeDurably(to: path, isPrivate: true) { try $0.write(Array(bytes)) }
  }

  func secret(_ path: String) throws -> SecretKey {
    guard let secret = SecretKey(secretKey), secret.publicKey.description == publicKey else {
      throw KeyError.unreadable(
        path: path, reason: "its secret key and its public key do not match")
    }
    return secret
  }
}
