// How an endpoint knows its peers, and keeps what is said from others.

import CZeroMQ
import Synchronization

/// Whether a connection is encrypted, and by which keys.
package enum EndpointSecurity: Sendable {
  /// Everybody is let in, and can read and change what is said. For a socket that nobody else can
  /// reach.
  case none
  /// Those are let in whose keys are known.
  case listening(key: SecretKey, admission: Admission)
  /// The listener has to be the one that has this key's secret.
  case connecting(key: SecretKey, listener: PublicKey)

  var isEncrypted: Bool {
    if case .none = self { false } else { true }
  }

  /// By how much a frame grows: CURVE's command name, a nonce, a code for its authenticity, flags.
  var bytesAroundFrame: Int { isEncrypted ? 8 + 8 + 16 + 1 : 0 }

  /// ZMQ_ZAP_ENFORCE_DOMAIN, which libzmq has since 4.3 and its headers call a draft.
  private static let enforceDomain: Int32 = 93

  /// Before the socket has an address.
  func configure(_ socket: ZeroMQSocket) throws(ZeroMQError) {
    switch self {
    case .none: break
    case .listening(let key, _):
      // Without somebody who answers who may come in, nobody may.
      try socket.set(ZMQ_ZAP_DOMAIN, AdmissionDesk.domain)
      try socket.set(Self.enforceDomain, Int32(1))
      try socket.set(ZMQ_CURVE_SERVER, Int32(1))
      try socket.set(ZMQ_CURVE_SECRETKEY, key.bytes)
    case .connecting(let key, let listener):
      try socket.set(ZMQ_CURVE_SERVERKEY, listener.bytes)
      try socket.set(ZMQ_CURVE_PUBLICKEY, key.publicKey.bytes)
      try socket.set(ZMQ_CURVE_SECRETKEY, key.bytes)
    }
  }
}

/// The keys that a listener lets in, each with the name of who has it. Any thread may change them;
/// who is connected with a key that is gone is cut off.
package final class Admission: Sendable {
  private struct State {
    var names: [PublicKey: String]
    var removals = 0
    var wakeUp: EventFD?
  }

  private let state: Mutex<State>

  package init(_ names: [PublicKey: String]) { state = Mutex(State(names: names)) }

  package func name(of key: PublicKey) -> String? { state.withLock { $0.names[key] } }

  /// From now on these are let in and no others.
  package func replace(_ names: [PublicKey: String]) {
    state.withLock { state in
      if state.names.contains(where: { names[$0.key] != $0.value }) {
        state.removals += 1
        state.wakeUp?.set()
      }
      state.names = names
    }
  }

  /// Grows whenever a key goes or gets another name.
  var removals: Int { state.withLock { $0.removals } }

  /// Whom to wake then.
  func wake(_ wakeUp: EventFD) { state.withLock { $0.wakeUp = wakeUp } }
}

/// Who is behind a connection, by the key that it has proved to have.
package struct KeyHolder: Hashable, Sendable {
  package let key: PublicKey
  package let name: String

  func isAdmitted(by admission: Admission) -> Bool { admission.name(of: key) == name }
}
