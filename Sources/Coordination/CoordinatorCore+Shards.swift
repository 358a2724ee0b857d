// Shards that nobody here has: waiting for them, and what happens when they stay away.

import Basics
import Wire

extension CoordinatorCore {
  /// Notices that the step cannot go on for want of a shard. While nobody is here at all the clock
  /// stands still: that is not a lost shard but a run that waits for its workers.
  mutating func considerShortage(at now: Instant) {
    guard state == .collecting, roster.count > 0 else { return shortage.end() }
    let missing = work.shardsNeeded.filter { !roster.isHeld($0) }
    if missing.isEmpty { return shortage.end() }
    switch shortage.note(at: now, limit: settings.shardLossTimeout) {
    case .quiet:
      return
    case .lost:
      giveUp(missing)
    case .remind(let left):
      let then =
        switch settings.shardLossPolicy {
        case .stop: "the run stops"
        case .skip: "the run goes on without its data"
        }
      log(
        .warning,
        "step \(step) waits: no worker here holds \(describe(missing)); in "
          + "\(Int(left.seconds)) s \(then)")
    }
  }

  private mutating func giveUp(_ missing: [ShardID]) {
    let what = describe(missing)
    event(.shardLost, nil, what)
    let remaining = position.lostShards + missing
    switch settings.shardLossPolicy {
    case .stop:
      close(
        .error,
        reason:
          "nobody held \(what) for \(Int(settings.shardLossTimeout.seconds)) s; bring it back and "
          + "resume, or set shards.onLoss=skip to go on without it")
    case .skip where !settings.plan.isPossible(without: Set(remaining)):
      close(.error, reason: "nobody held \(what), and no other shard is left to train on")
    case .skip:
      log(.warning, "the run goes on without \(what), from step \(step) on")
      var next = position
      next.lostShards = remaining.sorted()
      move(to: next)
      // Parts of the lost microbatches may have been added already: the step begins anew.
      cancelAll()
      startWork(isEvaluated: work.isEvaluated, began: work.began)
      doubts.clear()
    }
  }

  private func describe(_ shards: [ShardID]) -> String {
    let shown = shards.prefix(3).map { shard in
      let holder = roster.lastHolder(of: shard).map { " (last on \($0))" } ?? ""
      return "shard \(shard)\(holder)"
    }
    let more = shards.count > 3 ? " and \(shards.count - 3) more" : ""
    return shown.joined(separator: ", ") + more
  }
}
