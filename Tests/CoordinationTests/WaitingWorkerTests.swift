// What a worker says and does while no coordinator answers.

import Basics
import Coordination
import Testing

@Suite("A worker that waits for a coordinator") struct WaitingWorkerTests {
  private static let start = Instant(nanoseconds: 0)
  private var core = WorkerCore(
    settings: WorkerSettings(
      name: "w", processNonce: 1, datasetDigest: Digest(of: "data"), heldShards: [], threads: 1,
      arithmetic: Arithmetic.version, coordinatorTimeout: .seconds(60)),
    now: Self.start)

  private mutating func handle(_ event: WorkerEvent, after seconds: Int) -> [WorkerCommand] {
    core.handle(event, at: Self.start + .seconds(seconds))
  }

  private func ending(_ commands: [WorkerCommand]) -> WorkerEnding? {
    commands.compactMap { if case .end(let ending) = $0 { ending } else { nil } }.first
  }

  @Test("It says why it has no connection, how long it tries, and at the end what it found")
  mutating func troubles() {
    let told = handle(.troubled("head does not resolve (unknown)"), after: 6)
    guard case .log(.info, let text)? = told.first else {
      Issue.record("nothing was said")
      return
    }
    #expect(text == "head does not resolve (unknown); trying for another 54 s")
    let last = handle(.troubled("head does not resolve (unknown)"), after: 60)
    guard case .log(.info, let words)? = last.first else {
      Issue.record("nothing was said")
      return
    }
    #expect(words == "head does not resolve (unknown); trying once more")
    for number in 1...4 { _ = handle(.troubled("nobody listens at \(number)"), after: 7) }
    _ = handle(.troubled("nobody listens at 2"), after: 8)
    let end = ending(handle(.tick, after: 61))
    #expect(end?.kind == .gaveUpWaiting)
    #expect(
      end?.reason == "no coordinator answered within 60 s; giving up: nobody listens at 1; "
        + "nobody listens at 3; nobody listens at 4; nobody listens at 2")
  }

  @Test("A connection ends the trouble")
  mutating func connected() {
    _ = handle(.troubled("head does not resolve (unknown)"), after: 6)
    _ = handle(.connected, after: 7)
    let end = ending(handle(.tick, after: 61))
    #expect(
      end?.reason == "no coordinator answered within 60 s; giving up: what listens at its address "
        + "took this worker's greeting and said nothing")
  }

  @Test("Without any sign it says that there was none")
  mutating func nothing() {
    let end = ending(handle(.tick, after: 61))
    #expect(
      end?.reason == "no coordinator answered within 60 s; giving up: its address has not answered "
        + "at all")
  }
}
