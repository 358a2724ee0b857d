// Which connection is which worker, and what each has been forgiven.

import Basics
import Transport

/// Numbers connections as they first speak. Bounded by the connections that are open: an endpoint
/// tells of the end of each.
package struct PeerTable {
  private struct Entry {
    /// Nil when the core has forgotten it.
    var worker: WorkerID?
    var isWelcome = false
    /// For as long as the connection lives: being forgotten and greeting anew earns no new one.
    var budget: PeerBudget
  }

  private var entries: [Peer: Entry] = [:]
  private var peers: [WorkerID: Peer] = [:]
  private var next: UInt32 = 1

  package init() {}

  /// Connections that have spoken.
  package var count: Int { entries.count }

  package func peer(of worker: WorkerID) -> Peer? { peers[worker] }

  package func worker(of peer: Peer) -> WorkerID? { entries[peer]?.worker }

  /// Whether the core has taken it in.
  package func isWelcome(_ peer: Peer) -> Bool { entries[peer]?.isWelcome ?? false }

  package mutating func worker(admitting peer: Peer, at now: Instant) -> WorkerID {
    if let known = entries[peer]?.worker { return known }
    // After four billion connections the numbers begin again.
    while peers[WorkerID(next)] != nil { next &+= 1 }
    let worker = WorkerID(next)
    next &+= 1
    entries[peer, default: Entry(budget: .ofConnection(at: now))].worker = worker
    peers[worker] = peer
    return worker
  }

  package mutating func welcome(_ worker: WorkerID) {
    if let peer = peers[worker] { entries[peer]!.isWelcome = true }
  }

  /// The core knows the worker no more; its connection may greet again, and is another worker then.
  package mutating func forget(_ worker: WorkerID) {
    guard let peer = peers.removeValue(forKey: worker) else { return }
    entries[peer]!.worker = nil
    entries[peer]!.isWelcome = false
  }

  /// The connection has ended.
  package mutating func remove(_ peer: Peer) {
    if let worker = entries.removeValue(forKey: peer)?.worker { peers[worker] = nil }
  }

  package func knows(_ peer: Peer) -> Bool { entries[peer] != nil }

  /// - Returns: false when the peer's budget is spent, and when it is not in the table.
  package mutating func charge(_ act: PeerCharge, to peer: Peer, at now: Instant) -> Bool {
    entries[peer]?.budget.charge(act, at: now) ?? false
  }
}
