// Shards that nobody here has: waiting for them, and what happens when they stay away.

import Basics
import Wire

/// A step waits for shards that no member holds.
struct ShardShortage: Sendable {
  let since: Instant
  var lastSaid: Instant
}

extension CoordinatorCore {
  /// Between two words about the same shortage.
  static let shortageReminder: Duration = .seconds(30)

  /// Notices that the step cannot go on for want of a shard. While nobody is here at all the clock stands still:
  /// that is not a lost shard but a run that waits for its workers.
  mutating func considerShortage(at now: Instant) {
    guard phase == .collecting, !members.isEmpty else {
      shortage = nil
      return
    }
    let missing = work.shardsNeeded.filter { shard in
      !members.values.contains { $0.shards.contains(shard) }
    }
    guard !missing.isEmpty else {
      shortage = nil
      return
    }
    let since = shortage?.since ?? now
    if now - since >= settings.shardLossTimeout {
      shortage = nil
      return giveUp(missing, at: now)
    }
    if let shortage, now - shortage.lastSaid < Self.shortageReminder { return }
    shortage = ShardShortage(since: since, lastSaid: now)
    let left = Int((settings.shardLossTimeout - (now - since)).seconds)
    let then =
      switch settings.shardLossPolicy {
      case .stop: "the run stops"
      case .skip: "the run goes on without its data"
      }
    log(
      .warning,
      "step \(step) waits: no worker here holds \(describe(missing)); in \(left) s \(then)")
  }

  private mutating func giveUp(_ missing: [ShardID], at now: Instant) {
    let what = describe(missing)
    event("shardLost", nil, what)
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
      position.lostShards = remaining.sorted()
      // Parts of the lost microbatches may have been added already: the step begins anew.
      cancelAll()
      work = StepWork(
        settings: settings, position: position, isEvaluated: work.isEvaluated, now: work.started)
      doubts = []
      assignLeases(at: now)
    }
  }

  private func describe(_ shards: [ShardID]) -> String {
    let shown = shards.prefix(3).map { shard in
      let holder = lastHolders[shard].map { " (last on \($0))" } ?? ""
      return "shard \(shard)\(holder)"
    }
    let more = shards.count > 3 ? " and \(shards.count - 3) more" : ""
    return shown.joined(separator: ", ") + more
  }
}
