// Stands between a worker and a coordinator: passes on what they say, and adds to it.

import Foundation
import Transport

/// A place that a worker connects to as if it were the coordinator. One worker at a time; its
/// owner's thread does the work.
package final class HostileRelay {
  private let front: Endpoint
  private let coordinator: String
  /// The worker, and this relay's connection to the coordinator in its name.
  private var pair: (worker: Peer, back: Endpoint)?

  /// Shown each message that is passed on.
  package var hearsWorker: ([[UInt8]]) -> Void = { _ in }
  package var hearsCoordinator: ([[UInt8]]) -> Void = { _ in }
  /// What the worker gets in the place of a coordinator's message.
  package var alters: ([[UInt8]]) -> [[UInt8]] = { $0 }

  package init(to coordinator: String) throws {
    self.coordinator = coordinator
    front = try Endpoint.listen("tcp://127.0.0.1:*")
  }

  deinit {
    front.close(linger: .zero)
    pair?.back.close(linger: .zero)
  }

  package var address: String { front.boundAddress }
  package var hasWorker: Bool { pair != nil }

  /// Passes on what is there.
  /// - Parameter timeout: how long to wait for something to be.
  package func pass(timeout: Duration) throws {
    var timeout = timeout
    while let received = front.receive(timeout: timeout) {
      timeout = .zero
      try take(received)
    }
    guard let pair else { return }
    while case .message(_, let frames)? = nextMessage(from: pair.back) {
      hearsCoordinator(frames)
      _ = front.send(alters(frames), to: pair.worker, timeout: .seconds(1))
    }
  }

  private func nextMessage(from endpoint: Endpoint) -> Received? {
    while let received = endpoint.receive(timeout: .zero) {
      if case .message = received { return received }
    }
    return nil
  }

  private func take(_ received: Received) throws {
    switch received {
    case .message(let worker?, let frames):
      if pair?.worker != worker {
        pair?.back.close(linger: .zero)
        pair = (worker, try Endpoint.connect(coordinator))
      }
      hearsWorker(frames)
      _ = pair?.back.send(frames, timeout: .seconds(1))
    case .disconnected(let worker?) where worker == pair?.worker:
      pair?.back.close(linger: .zero)
      pair = nil
    default:
      break
    }
  }

  /// Says something to the worker in the coordinator's name.
  /// - Returns: whether there is one that takes it.
  package func addToWorker(_ frames: [[UInt8]]) -> Bool {
    guard let pair, !frames.isEmpty else { return false }
    return front.send(frames, to: pair.worker, timeout: .seconds(1)) == .accepted
  }
}
