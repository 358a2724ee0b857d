// The coordinator, found and lost: greeting it, being welcomed, waiting for it, leaving it.

import Basics
import Wire

extension WorkerCore {
  mutating func greetIfDue(at now: Instant) {
    guard isConnected, case .greeting = state else { return }
    if let last = lastGreeting, now - last < Self.greetingInterval { return }
    lastGreeting = now
    session = Session(number: session.number + 1)
    announced = nil
    send(
      .hello(
        WorkerHello(
          workerName: settings.name, processNonce: settings.processNonce,
          datasetDigest: datasetDigest, heldShards: heldShards,
          threads: UInt32(settings.threads), arithmetic: settings.arithmetic,
          replica: run?.replica.heldStep, replicaDigest: run?.replica.heldDigest,
          runIdentity: run?.identity ?? settings.runIdentity,
          earlierVersions: earlierVersions)))
  }

  mutating func accept(_ welcome: Welcome, at now: Instant) {
    guard case .greeting = state else { return }
    lastHeartbeat = now
    stopReason = nil
    guard run != nil else {
      guard settle(onVersion: welcome.datasetVersion) else {
        let reason = "the coordinator named a version of the dataset that is not here"
        send(.goodbye(reason: reason))
        return end(.failed, reason)
      }
      run = JoinedRun(welcome, valuesPerChunk: settings.valuesPerChunk)
      enter(.preparing)
      return order(.prepare(welcome))
    }
    log(.info, "the coordinator is back, at step \(welcome.step)")
    run?.rejoin(welcome)
    enter(.syncing)
    continueSync(at: now)
  }

  mutating func loseCoordinator(_ what: String, at now: Instant) {
    switch state {
    case .greeting, .abandoning, .ended:
      return
    case .preparing:
      // Preparing goes on; the greeting starts when the memory is there and nobody answers.
      return
    case .computing(let computation) where !computation.push.isComputed:
      order(.cancelWork(computation.lease.id))
      enter(.abandoning(computation.lease, since: now))
    case .computing, .syncing, .idle:
      // What is computed already and was not pushed is lost with the lease.
      enter(.greeting(since: now))
    }
    lastGreeting = nil
    let seconds = Int(settings.coordinatorTimeout.seconds)
    log(.warning, "\(what); waiting up to \(seconds) s for it to come back")
    greetIfDue(at: now)
  }

  /// Of the newest so many is told at the end.
  private static let troubleMemory = 4

  mutating func note(_ trouble: String, at now: Instant) {
    troubles = troubles.filter { $0 != trouble }.suffix(Self.troubleMemory - 1) + [trouble]
    guard case .greeting(let since) = state else { return log(.info, "\(trouble); trying again") }
    let left = max(0, Int((settings.coordinatorTimeout - (now - since)).seconds))
    log(.info, trouble + (left > 0 ? "; trying for another \(left) s" : "; trying once more"))
  }

  mutating func giveUpWaiting() {
    let seconds = Int(settings.coordinatorTimeout.seconds)
    if let stopReason {
      return end(
        .coordinatorStopped,
        "the coordinator has ended: \(stopReason); it did not come back within \(seconds) s")
    }
    let unknown =
      isConnected
      ? "what listens at its address took this worker's greeting and said nothing"
      : "its address has not answered at all"
    let reasons = troubles.isEmpty ? unknown : troubles.joined(separator: "; ")
    end(.gaveUpWaiting, "no coordinator answered within \(seconds) s; giving up: \(reasons)")
  }

  /// - Parameters:
  ///   - reason: for the coordinator.
  ///   - text: for this worker's own log.
  mutating func leave(because reason: String, saying text: String) {
    if case .computing(let computation) = state {
      order(.cancelWork(computation.lease.id))
      giveBack(computation.lease.id, reason)
    }
    send(.goodbye(reason: reason))
    end(.asked, text)
  }

  mutating func leaveInTime() {
    leave(because: "its time is over", saying: "the time that this worker was given is over")
  }
}
