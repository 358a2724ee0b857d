// Places for sockets, and waiting for messages.

import Basics
import TestSupport
import Transport

extension TemporaryFolder {
  /// Of a socket in it.
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
