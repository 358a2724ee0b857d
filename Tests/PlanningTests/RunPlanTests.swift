// What a run will take, against values worked out by hand.

import Basics
import Compression
import Configuration
import Coordination
import Foundation
import Planning
import TestSupport
import Testing

/// A million parameters, 10 microbatches of 8 pairs, `int8`: 1.0375 bytes a value. A microbatch
/// takes 2 s, and 0.5 s to read.
private func smallRun() -> PlannedRun {
  var run = PlannedRun(
    parameters: 1_000_000, steps: 100, microbatches: 10, pairsPerMicrobatch: 8)
  (run.gradientCodec, run.deltaCodec) = (.int8, .int8)
  return run
}

private func smallMachine() -> MachineSpeed {
  var machine = MachineSpeed(computeSeconds: 2, evaluationSeconds: 0.7)
  machine.dataSeconds = 0.5
  machine.processors = 4
  machine.threads = 2
  return machine
}

@Suite("The time of a planned run") struct PlannedTimeTests {
  @Test("Bits on the wire are those of README.md's table")
  func bits() throws {
    let readme = try String(contentsOfFile: Repository.root + "/README.md", encoding: .utf8)
    for kind in CodecKind.allCases {
      let line = try #require(readme.split(separator: "\n").first { $0.hasPrefix("| `\(kind)`") })
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(Double(cells[1]) == kind.bitsOnWire.up, "\(line)")
      #expect(Double(cells[2]) == kind.bitsOnWire.down, "\(line)")
    }
  }

  @Test("On one machine, workers of more threads than it has processors wait for each other")
  func oneMachine() {
    let plan = RunPlan(smallRun(), on: smallMachine(), workers: 2, link: nil)
    // 5 turns of 2.5 s; two workers of two threads are what there is.
    #expect(plan.cost.seconds == 12.5)
    #expect(plan.pairsPerSecond(workers: 2) == 6.4)
    #expect(plan.secondsInAll == 1250)
    // Twice the workers take twice as long for half as many turns, 3 instead of 2.5 of them.
    #expect(plan.cost(workers: 4).seconds == 3 * 2.5 * 2)
    #expect(plan.fewestWorkers(upTo: 10) == 2)
    // Of 20 workers ten have something to do.
    #expect(plan.cost(workers: 20).seconds == 2.5 * 5)
  }

  @Test("With machines of their own, workers encode beside the coordinator, which has its share")
  func ownMachines() throws {
    var machine = smallMachine()
    machine.encodeSecondsPerValue = 1e-6
    machine.processing.perGradientValue = 4e-7
    machine.processing.perParameter = 2e-6
    machine.coordinatorShare = 0.5
    let link = try LinkSpeed(parsing: "1Gbit")
    let plan = RunPlan(smallRun(), on: machine, workers: 5, link: link)
    let parts = plan.cost.parts
    // 2 turns of 2 + 0.5 + 1 s; 10 M values at 0.2 µs, and a million at 1 µs.
    #expect(parts.computing == 7)
    #expect(abs(parts.processing - 3) < 1e-12)
    // 5 · 1.0375 MB down at 125 MB/s of 1448 in 1538; up, the wire hides behind the work.
    #expect(abs(parts.link - 5 * 1.0375e6 / 125e6 * 1538 / 1448) < 1e-12)
    #expect(abs(plan.cost.bytesUp - 10.375e6) < 1e-6)
  }

  @Test("Evaluations are at step 0, at intervals and at the end")
  func evaluations() {
    #expect(PlannedRun.evaluations(steps: 100, interval: 50) == 3)
    #expect(PlannedRun.evaluations(steps: 101, interval: 50) == 4)
    #expect(PlannedRun.evaluations(steps: 40, interval: 50) == 2)
    #expect(PlannedRun.evaluations(steps: 40, interval: 0) == 1)
    var run = smallRun()
    (run.evaluations, run.evaluationMicrobatches) = (3, 8)
    let plan = RunPlan(run, on: smallMachine(), workers: 2, link: nil)
    #expect(abs(plan.evaluationSeconds - 4 * 1.2) < 1e-12)
    #expect(abs(plan.secondsInAll - (1250 + 3 * 4.8)) < 1e-9)
  }

  @Test("A speed that is given is all of a microbatch; a forward pass is a third of it")
  func givenSpeed() {
    let machine = MachineSpeed(pairsPerSecond: 4, pairsPerMicrobatch: 8)
    #expect(machine.computeSeconds == 2)
    #expect(abs(machine.evaluationSeconds - 2.0 / 3) < 1e-12)
    let plan = RunPlan(smallRun(), on: machine, workers: 1, link: nil)
    #expect(plan.pairsPerSecond(workers: 1) == 4)
  }

  @Test("A chip is an anchor as often as pairs are drawn, over the chips")
  func passes() {
    var run = smallRun()
    #expect(run.passes == nil)
    run.trainingChips = 1600
    #expect(run.passes == 5)
  }
}

@Suite("Memory and disk of a planned run") struct PlannedRoomTests {
  @Test("Nine vectors, the delta and two windows a worker; eleven with an average")
  func memory() {
    var machine = smallMachine()
    machine.coordinatorProgramBytes = 1000
    machine.workerProgramBytes = 2000
    machine.activationBytes = 30_000
    var run = smallRun()
    run.window = 1
    // Two chunks of 262,144 values of 1.0375 bytes for each of two workers.
    let rest = 1_037_500 + Int(2 * 2 * 262_144 * 1.0375)
    var plan = RunPlan(run, on: machine, workers: 2, link: nil)
    #expect(plan.coordinatorBytes == 1000 + 36_000_000 + rest)
    #expect(plan.workerBytes == 2000 + 8_000_000 + 30_000)
    run.keepsAverage = true
    plan = RunPlan(run, on: machine, workers: 2, link: nil)
    #expect(plan.coordinatorBytes == 1000 + 44_000_000 + rest)
  }

  private func disk(
    steps: Int = 100, _ change: (inout RunConfiguration.Checkpoints) -> Void
  ) -> DiskNeeds {
    var run = PlannedRun(parameters: 1000, steps: steps, microbatches: 1, pairsPerMicrobatch: 1)
    change(&run.checkpoints)
    return DiskNeeds(of: run)
  }

  @Test("Checkpoints are kept as the store keeps them")
  func checkpoints() {
    #expect(disk { _ in }.checkpointBytes == 16_000)
    // Steps 50 and 100, of which three may stay.
    #expect(disk { $0.everySteps = 50 }.checkpointsKept == 2)
    // The newest three of steps 10, 20 … 100.
    #expect(disk { $0.everySteps = 10 }.checkpointsKept == 3)
    // And 20, 40 and 60: 80 and 100 are among the newest.
    #expect(disk { ($0.everySteps, $0.keepEvery) = (10, 20) }.checkpointsKept == 6)
    // And one of 10, 30, 50 and 70.
    #expect(
      disk { ($0.everySteps, $0.keepEvery, $0.keepBest) = (10, 20, true) }.checkpointsKept == 7)
    // 30, 60, 90 and 95: no other is written.
    #expect(disk(steps: 95) { ($0.everySteps, $0.keepBest) = (30, true) }.checkpointsKept == 4)
    // Divisible by 4 and by 6.
    #expect(
      disk(steps: 36) { ($0.everySteps, $0.keepEvery, $0.keepLast) = (4, 6, 1) }.checkpointsKept
        == 3)
  }

  @Test("The journal reaches back to the checkpoint before the newest one, and is bounded")
  func journal() {
    #expect(disk { $0.everySteps = 10 }.journalBytes == 20 * 4000)
    #expect(disk { ($0.everySteps, $0.keepLast) = (10, 1) }.journalBytes == 10 * 4000)
    #expect(disk { $0.everySteps = 80 }.journalBytes == 100 * 4000)
    // Past 20,000 bytes a checkpoint comes early: after 6 steps.
    #expect(disk { $0.journalBytes = 40_000 }.journalBytes == 12 * 4000)
    let none = disk { $0.journalBytes = 0 }
    #expect((none.journalStepBytes, none.journalBytes) == (0, 0))
  }

  @Test("A checkpoint more while it is written; the journal goes at the end unless it is kept")
  func sums() {
    let usual = disk { $0.everySteps = 10 }
    #expect(usual.bytesAtEnd == 3 * 16_000 + usual.metricsBytes)
    #expect(usual.peakBytes == 4 * 16_000 + 80_000 + usual.metricsBytes)
    let kept = disk { ($0.everySteps, $0.keepJournal) = (10, true) }
    #expect(kept.bytesAtEnd == 3 * 16_000 + 80_000 + kept.metricsBytes)
  }
}
