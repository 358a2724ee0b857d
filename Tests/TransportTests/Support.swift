// Places for sockets, and waiting for messages.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

/// A folder for sockets, removed at the end.
final class SocketFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tt-\(UUID().uuidString.prefix(8))").path
    try Files.createFolder(path)
  }

  deinit { try? Files.remove(path) }

  var address: String { "ipc://\(path)/s" }
}

extension Endpoint {
  /// The next event that is a message.
  func nextMessage() -> (peer: Peer?, frames: [[UInt8]])? {
    while let event = receive(timeout: patience) {
      if case .message(let peer, let frames) = event { return (peer, frames) }
    }
    return nil
  }
}
