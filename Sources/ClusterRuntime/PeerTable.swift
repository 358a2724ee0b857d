// Which connection is which worker.

import Foundations
import Transport

/// Numbers connections as they first speak. Bounded: what is neither a member nor new is forgotten.
struct PeerTable {
  private var workers: [Peer: WorkerID] = [:]
  private var peers: [WorkerID: Peer] = [:]
  private var next: UInt32 = 1

  func peer(of worker: WorkerID) -> Peer? { peers[worker] }

  func worker(of peer: Peer) -> WorkerID? { workers[peer] }

  mutating func worker(admitting peer: Peer) -> WorkerID {
    if let known = workers[peer] { return known }
    let worker = WorkerID(next)
    next += 1
    workers[peer] = worker
    peers[worker] = peer
    return worker
  }

  mutating func forget(_ worker: WorkerID) {
    guard let peer = peers.removeValue(forKey: worker) else { return }
    workers[peer] = nil
  }
}
