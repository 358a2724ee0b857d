// Fetching the replica and keeping it at the published step.

import Basics
import Wire

extension WorkerCore {
  mutating func receive(_ chunk: ChunkIndex, from: Step?, to: Step, _ payload: [UInt8]) {
    // Parameters that are being computed with must not change.
    guard case .syncing = state, let run, run.replica.isUseful(chunk, from: from, to: to)
    else { return }
    order(.applyReplicaChunk(chunk, from: from, to: to, payload: payload))
  }

  /// Damage on the way goes away with another copy; what comes alike twice is what the coordinator
  /// has.
  mutating func refuseReplica(_ chunk: ChunkIndex, _ reason: String, at now: Instant) {
    guard let target = run?.replica.target, let refusal = run?.replica.refuse(chunk) else { return }
    switch refusal {
    case .askAgain(let isFirst):
      if isFirst {
        log(.warning, "replica chunk \(chunk) cannot be taken: \(reason); asking for all of it")
      }
      continueSync(at: now)
    case .repeated:
      let what = "replica chunk \(chunk) of step \(target) cannot be taken, twice"
      send(.goodbye(reason: what))
      end(.failed, "\(what): \(reason)")
    }
  }

  /// Fetches what is missing of the published step; with all of it there, says so and is ready for
  /// work.
  mutating func continueSync(at now: Instant) {
    if case .idle = state { enter(.syncing) }
    guard case .syncing = state, let target = run?.replica.target,
      let completeness = run?.replica.completeness, let hasDiffered = run?.replica.hasDiffered
    else { return }
    switch completeness {
    case .incomplete:
      requestChunks(at: now)
    case .equal:
      run?.replica.settle()
      enter(.idle)
      // Once a session: that a lease is done or returned says the same.
      if announced != target { send(.synced(target)) }
      announced = target
    case .different where hasDiffered:
      send(.goodbye(reason: "its replica of step \(target) is not equal"))
      end(
        .failed,
        "the replica of step \(target) differs from the coordinator's even when fetched "
          + "whole; this machine's memory or the two programs' versions are to be doubted")
    case .different:
      log(.warning, "the replica of step \(target) is not equal; fetching all of it")
      run?.replica.startOver()
      requestChunks(at: now)
    }
  }

  mutating func requestChunks(at now: Instant) {
    guard case .syncing = state, let requests = run?.replica.nextRequests(at: now),
      !requests.isEmpty
    else { return }
    send(.requestChunks(requests))
  }
}
