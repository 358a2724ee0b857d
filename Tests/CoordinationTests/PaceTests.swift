// The deadlines of leases, and which worker is called slow.

import Basics
import Coordination
import Testing
import Wire

@Suite("Lease deadlines") struct LeaseDeadlineTests {
  private let one = WorkerID(1)
  private let two = WorkerID(2)

  @Test(
    "Nothing recorded: the longest; regular durations: 1.6 times the median; at least the shortest"
  )
  func follows() {
    var deadlines = LeaseDeadlines(shortest: .seconds(1), longest: .seconds(600))
    #expect(deadlines.timeout(for: one) == .seconds(600))
    for _ in 0..<10 { deadlines.record(.seconds(10), of: one) }
    #expect(abs(deadlines.timeout(for: one).seconds - 16) < 1e-6)
    #expect(abs(deadlines.timeout(for: two).seconds - 16) < 1e-6)
    deadlines.record(.seconds(500), of: one)  // one straggler moves neither median nor deviation
    #expect(abs(deadlines.timeout(for: one).seconds - 16) < 1e-6)
    for _ in 0..<100 { deadlines.record(.milliseconds(1), of: one) }
    #expect(deadlines.timeout(for: one) == .seconds(1))
  }

  @Test("A slow worker has the time it usually takes, up to three times the others'")
  func ownPast() {
    var deadlines = LeaseDeadlines(shortest: .seconds(1), longest: .seconds(600))
    for _ in 0..<32 { deadlines.record(.seconds(10), of: one) }
    for _ in 0..<4 { deadlines.record(.seconds(20), of: two) }
    #expect(abs(deadlines.timeout(for: two).seconds - 32) < 1e-6)
    #expect(abs(deadlines.timeout(for: one).seconds - 16) < 1e-6)
    for _ in 0..<16 { deadlines.record(.seconds(200), of: two) }
    #expect(abs(deadlines.timeout(for: two).seconds - 3 * 16) < 1e-6)
    deadlines.forget(two)
    #expect(abs(deadlines.timeout(for: two).seconds - 16) < 1e-6)
  }
}

@Suite("Pace of workers") struct WorkerPaceTests {
  private let start = Instant(nanoseconds: 0)

  private func phases(compute: Double = 1, network: Double = 0.1) -> WorkReport.PhaseSeconds {
    .init(data: 0.1, compute: compute, encode: 0.05, network: network)
  }

  @Test("A worker far slower than the others is named with the phase that makes the difference")
  func straggler() {
    var pace = WorkerPace()
    for _ in 0..<4 {
      for worker in [WorkerID(1), WorkerID(2)] {
        #expect(pace.record(phases(), of: worker, at: start) == nil)
      }
    }
    for _ in 0..<3 {
      #expect(pace.record(phases(network: 2.6), of: WorkerID(3), at: start) == nil)
    }
    let named = pace.record(phases(network: 2.6), of: WorkerID(3), at: start)
    #expect(named?.worker == WorkerID(3))
    #expect(named?.phase == .network)
    #expect(abs((named?.ratio ?? 0) - 3) < 1e-9)
    #expect(named?.seconds == 2.6)
    #expect(named?.othersSeconds == 0.1)
  }

  @Test("It is named once in five minutes")
  func notAgain() {
    var pace = WorkerPace()
    for _ in 0..<8 { _ = pace.record(phases(), of: WorkerID(1), at: start) }
    var namings = 0
    for second in 0..<601 {
      let now = start + .seconds(second)
      if pace.record(phases(compute: 9), of: WorkerID(2), at: now) != nil { namings += 1 }
    }
    #expect(namings == 2)
  }

  @Test("One worker alone, and workers that are alike, are not slow")
  func alike() {
    var pace = WorkerPace()
    for round in 0..<50 {
      for worker in 1...3 {
        let wobble = 1 + 0.3 * Double((round + worker) % 2)
        #expect(
          pace.record(phases(compute: wobble), of: WorkerID(UInt32(worker)), at: start) == nil)
      }
    }
    var lone = WorkerPace()
    for _ in 0..<50 { #expect(lone.record(phases(), of: WorkerID(1), at: start) == nil) }
  }
}
