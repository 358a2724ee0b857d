// What has been accepted for sending and not yet handed to the system.

import Basics

/// The bytes under way to one peer: reserved when a message is accepted, released when ZeroMQ lets
/// go of a frame. ZeroMQ's own queues are unbounded in number; this bounds them in bytes.
final class SendBudget: Sendable {
  private struct State {
    var limitBytes: Int
    var bytes = 0
    var isClosed = false
  }

  private let state: Monitor<State>

  init(limitBytes: Int) { state = Monitor(State(limitBytes: limitBytes)) }

  func limit(to bytes: Int) { state.withLock { $0.limitBytes = bytes } }

  /// Waits for room. A message larger than the whole budget goes when nothing else is under way.
  func reserve(_ bytes: Int, timeout: Duration) -> SendOutcome {
    state.wait(until: .after(timeout)) { state -> SendOutcome? in
      if state.isClosed { return .gone }
      if state.bytes > 0 && state.bytes + bytes > state.limitBytes { return nil }
      state.bytes += bytes
      return .accepted
    } ?? .full
  }

  /// Reserves again what is about to be released without having been sent.
  func hold(_ bytes: Int) { state.withLock { $0.bytes += bytes } }

  func release(_ bytes: Int) { state.withLock { $0.bytes -= bytes } }

  /// Nothing is accepted any more; who waits is told.
  func close() { state.withLock { $0.isClosed = true } }
}

/// One message on its way.
struct OutgoingMessage: Sendable {
  let peer: Peer?
  let frames: [[UInt8]]
  let budget: SendBudget

  /// A frame costs this much beside its bytes, so that small messages are bounded too.
  private static let frameBytes = 128

  static func cost(of frame: [UInt8]) -> Int { frame.count + frameBytes }

  /// Gives back what was reserved for frames that never reached ZeroMQ.
  func abandon() { budget.release(frames.reduce(0) { $0 + Self.cost(of: $1) }) }
}

/// What the owner wants of a connection.
enum ConnectionOrder: Sendable {
  case keep(Peer)
  case disconnect(Peer?)
}

/// What any thread hands to the socket's, and the peers that can be sent to.
final class Outbox: Sendable {
  private struct State {
    var messages = Queue<OutgoingMessage>()
    /// At most two for each peer.
    var orders = Queue<ConnectionOrder>()
    var budgets: [Peer?: SendBudget] = [:]
    var kept: Set<Peer> = []
    var lingerUntil: Instant?
  }

  private let limits: EndpointLimits
  private let wakeUp: EventFD
  private let state = Monitor(State())

  init(limits: EndpointLimits, wakeUp: EventFD) {
    self.limits = limits
    self.wakeUp = wakeUp
  }

  // ---- Any thread ----

  func send(_ frames: [[UInt8]], to peer: Peer?, timeout: Duration) -> SendOutcome {
    precondition(!frames.isEmpty)
    guard let budget = state.withLock({ $0.lingerUntil == nil ? $0.budgets[peer] : nil }) else {
      return .gone
    }
    let outcome = budget.reserve(
      frames.reduce(0) { $0 + OutgoingMessage.cost(of: $1) }, timeout: timeout)
    guard outcome == .accepted else { return outcome }
    let message = OutgoingMessage(peer: peer, frames: frames, budget: budget)
    let isAccepted = state.withLock { state in
      // The peer may have gone, or the endpoint closed, while this thread waited.
      let isAccepted = state.lingerUntil == nil && state.budgets[peer] === budget
      if isAccepted { state.messages.append(message) }
      return isAccepted
    }
    if !isAccepted {
      message.abandon()
      return .gone
    }
    wakeUp.set()
    return .accepted
  }

  func keep(_ peer: Peer) {
    state.withLock { state in
      guard let budget = state.budgets[peer], !state.kept.contains(peer) else { return }
      budget.limit(to: limits.outboxBytesPerPeer)
      state.kept.insert(peer)
      state.orders.append(.keep(peer))
    }
    wakeUp.set()
  }

  /// Nothing is accepted for the peer any more, and its connection will be closed.
  func disconnect(_ peer: Peer?) {
    state.withLock { state in
      // The one peer of a connecting endpoint comes back.
      if peer != nil {
        guard let budget = state.budgets.removeValue(forKey: peer) else { return }
        budget.close()
      }
      state.orders.append(.disconnect(peer))
    }
    wakeUp.set()
  }

  /// Ends sending: what was accepted may still go until `deadline`. The first call's deadline
  /// counts.
  func close(deadline: Instant) {
    state.withLock { state in
      if state.lingerUntil != nil { return }
      state.lingerUntil = deadline
      for budget in state.budgets.values { budget.close() }
    }
    wakeUp.set()
  }

  // ---- The socket's thread ----

  func add(_ peer: Peer?) {
    let limit = peer == nil ? limits.outboxBytesPerPeer : limits.outboxBytesPerStranger
    state.withLock { $0.budgets[peer] = SendBudget(limitBytes: limit) }
  }

  func remove(_ peer: Peer?) {
    state.withLock { state in
      state.budgets.removeValue(forKey: peer)?.close()
      if let peer { state.kept.remove(peer) }
    }
  }

  var lingerUntil: Instant? { state.withLock { $0.lingerUntil } }
  var isEmpty: Bool { state.withLock { $0.messages.isEmpty } }

  func next() -> OutgoingMessage? { state.withLock { $0.messages.removeFirst() } }
  func nextOrder() -> ConnectionOrder? { state.withLock { $0.orders.removeFirst() } }
}
