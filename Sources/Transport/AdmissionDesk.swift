// Who is let in at a listener with keys: answers to ZeroMQ's authentication protocol (ZAP, RFC 27).
// Used by the socket's thread alone.

import Basics
import CZeroMQ

/// The socket on which ZeroMQ asks about each key that a peer has proved to have, and what of those
/// that were turned away is still to be told.
struct AdmissionDesk {
  let socket: ZeroMQSocket
  let admission: Admission
  private var seenRemovals: Int
  private var turnedAway = TurnedAwayReport()

  private static let address = "inproc://zeromq.zap.01"
  /// Named by the listener's socket, which demands that somebody answers for it.
  static let domain = "terrane"
  private static let version: [UInt8] = Array("1.0".utf8)
  private static let mechanism: [UInt8] = Array("CURVE".utf8)
  /// Version, number, domain, address, identity, mechanism, key.
  private static let requestFrames = 7

  /// To be made before its listener has an address, and to be closed after it: where nobody
  /// answers, nobody is let in.
  init(
    context: UnsafeMutableRawPointer, admission: Admission, wakeUp: EventFD
  ) throws(ZeroMQError) {
    guard let handle = zmq_socket(context, ZMQ_REP) else { throw ZeroMQError(code: zmq_errno()) }
    socket = ZeroMQSocket(handle: handle)
    self.admission = admission
    seenRemovals = admission.removals
    do throws(ZeroMQError) {
      try socket.set(ZMQ_LINGER, Int32(0))
      if zmq_bind(handle, Self.address) != 0 { throw ZeroMQError(code: zmq_errno()) }
    } catch {
      socket.close()
      throw error
    }
    admission.wake(wakeUp)
  }

  /// Whether a key went, or got another name, since the last call.
  mutating func hasRemovals() -> Bool {
    let removals = admission.removals
    defer { seenRemovals = removals }
    return removals != seenRemovals
  }

  /// When something is to be told that waits; nil when nothing does.
  var nextReport: Instant? { turnedAway.due }

  /// Answers all that was asked.
  mutating func answer() {
    while let first = socket.receive() {
      var request = [first.bytes]
      var hasMore = first.hasMore
      while hasMore, let frame = socket.receive() {
        if request.count < Self.requestFrames + 1 { request.append(frame.bytes) }
        hasMore = frame.hasMore
      }
      let key = admitted(request)
      if key == nil { note(.unknownKey(origin: Self.origin(of: request))) }
      socket.send([
        Self.version, request.count > 1 ? request[1] : [], Array((key == nil ? "400" : "200").utf8),
        Array((key == nil ? "this key is not admitted" : "OK").utf8),
        key.map { Array($0.description.utf8) } ?? [], [],
      ])
    }
  }

  /// The key that a request is about, if its owner may come in.
  private func admitted(_ request: [[UInt8]]) -> PublicKey? {
    guard request.count == Self.requestFrames, request[0] == Self.version,
      request[5] == Self.mechanism, let key = PublicKey(bytes: request[6]),
      admission.name(of: key) != nil
    else { return nil }
    return key
  }

  private static func origin(of request: [[UInt8]]) -> PeerOrigin {
    PeerOrigin(host: request.count > 3 ? String(decoding: request[3], as: UTF8.self) : "")
  }

  mutating func note(_ stranger: TurnedAway) { turnedAway.note(stranger) }

  /// What is to be told now: a flood of strangers fills no queue.
  mutating func report(at now: Instant) -> TurnedAway? { turnedAway.next(at: now) }
}

/// Why a listener did not let a peer in.
package enum TurnedAway: Hashable, Sendable, CustomStringConvertible {
  /// It has a key, and none that is admitted.
  case unknownKey(origin: PeerOrigin)
  /// It greeted without encryption, for another listener, or as no peer greets.
  case withoutKey
  /// It began to greet and did not end, or went.
  case silent

  /// Of several in a short time the one with the most to say is told.
  fileprivate var weight: Int {
    switch self {
    case .unknownKey: 2
    case .withoutKey: 1
    case .silent: 0
    }
  }

  package var description: String {
    switch self {
    case .unknownKey(let origin): "a peer from \(origin) was turned away: its key is not admitted"
    case .withoutKey:
      "a peer was turned away: it has no key, or a file of keys for another coordinator"
    case .silent: "a peer was turned away: it did not end its greeting"
    }
  }
}

/// Lets one word through a second, whoever comes.
private struct TurnedAwayReport {
  private var waiting: TurnedAway?
  private var nextReport: Instant?

  private static let interval = Duration.seconds(1)

  mutating func note(_ stranger: TurnedAway) {
    if let waiting, waiting.weight >= stranger.weight { return }
    waiting = stranger
  }

  /// When `next` will give something; nil when it has nothing.
  var due: Instant? { waiting == nil ? nil : nextReport ?? Instant(nanoseconds: 0) }

  mutating func next(at now: Instant) -> TurnedAway? {
    guard let stranger = waiting, nextReport.map({ now >= $0 }) ?? true else { return nil }
    nextReport = now + Self.interval
    waiting = nil
    return stranger
  }
}
