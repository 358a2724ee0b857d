// The file in which a listener says where it listens: for a port that the system chose, and for a
// machine that a scheduler chose.

import Basics

/// One line with an address. Whoever connects reads it anew for each round of attempts, so that a
/// listener may come back somewhere else.
package struct AddressFile: Sendable {
  package let path: String

  /// A longer file is something else.
  private static let limitBytes = 4096

  package init(_ path: String) { self.path = path }

  /// What keeps a file from being made there, as far as that can be known before; nil for nothing.
  /// A device or a folder must not be replaced by a file.
  package var objection: String? {
    let folder = Files.parent(of: path)
    if !Files.isFolder(folder) { return "there is no folder \(folder.visible)" }
    if !Files.exists(path) || Files.isRegular(path) { return nil }
    return "\(path.visible) is there already and is not a file"
  }

  /// Replaces what an earlier listener left; a reader sees one line or the other.
  /// - Throws: `FileError`.
  package func write(_ address: String) throws {
    let line = Array("\(address)\n".utf8)
    try Files.writeDurably(to: path, amongOthers: true) { try $0.write(line) }
  }

  /// Removes the file, unless another listener has written its own address there by now.
  package func remove(_ address: String) {
    guard (try? text()) == "\(address)\n" else { return }
    try? Files.remove(path)
  }

  /// What the file says now, with the addresses of the name that stands there. May take as long as
  /// its file system and the name service like.
  func lookUp() -> HostName.Answer {
    let text: String
    do {
      text = try self.text()
    } catch let error as FileError where error.isMissing {
      return .unknown(reason: "there is no such file yet")
    } catch {
      return .unknown(reason: "\(error)")
    }
    let address = text.prefix { !$0.isNewline }.trimmingSpaces
    guard (try? Address.checkScheme(address)) != nil else {
      return .unknown(reason: text.isEmpty ? "it is empty" : "what it holds is not an address")
    }
    guard let host = HostName(in: address) else { return .addresses([address]) }
    let answer = host.lookUp()
    if case .unknown(let reason) = answer {
      return .unknown(reason: "it names \(host.name), which does not resolve (\(reason))")
    }
    return answer
  }

  private func text() throws -> String {
    try Files.readText(path, limitBytes: Self.limitBytes)
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
