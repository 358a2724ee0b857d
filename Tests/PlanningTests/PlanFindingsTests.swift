// What is the limit of a planned run, and what is said about it.

import Configuration
import Coordination
import Planning
import Testing

@Suite("The limit of a planned run") struct PlanFindingsTests {
  /// 8 microbatches of 2 s; 10 million parameters of 8.3 bits take 0.088 s of 1 Gbit/s.
  private func plan(
    workers: Int, link: String? = "1Gbit", _ change: (inout PlannedRun) -> Void = { _ in }
  ) throws -> RunPlan {
    var run = PlannedRun(
      parameters: 10_000_000, steps: 10, microbatches: 8, pairsPerMicrobatch: 4)
    (run.gradientCodec, run.deltaCodec) = (.int8, .int8)
    change(&run)
    let machine = MachineSpeed(computeSeconds: 2, evaluationSeconds: 1)
    return RunPlan(run, on: machine, workers: workers, link: try link.map(LinkSpeed.init(parsing:)))
  }

  private func findings(of plan: RunPlan) -> [PlanFinding] { plan.findings(memory: nil, disk: nil) }

  @Test("Computing, until each worker has one microbatch")
  func computing() throws {
    let plan = try plan(workers: 2)
    #expect(plan.limit == .computing)
    #expect(plan.limit(workers: 8) == .microbatches)
    // With 8 workers 2 s, and 0.7 s up and down each.
    guard case .fasterWith(8, let seconds, let now)? = findings(of: plan).first else {
      Issue.record("\(findings(of: plan))")
      return
    }
    #expect(seconds == plan.cost(workers: 8).seconds)
    #expect(now == plan.cost.seconds)
  }

  @Test("Workers without a microbatch stand by")
  func idle() throws {
    let plan = try plan(workers: 64)
    let found = findings(of: plan)
    #expect(found.first == .idleWorkers(workers: 64, microbatches: 8))
    #expect(
      found.contains(
        .asFastWith(
          workers: 8, seconds: plan.cost(workers: 8).seconds, insteadOf: 64,
          otherSeconds: plan.cost.seconds)))
    // 64 microbatches keep all busy, and the deltas are the same.
    #expect(
      found.contains {
        if case .microbatches(64, let speed, let now) = $0 { speed > 4 * now } else { false }
      })
  }

  @Test("A link that is the limit would carry int8 faster, and that is said where it is not used")
  func link() throws {
    let wide = try plan(workers: 8, link: "100Mbit") {
      ($0.gradientCodec, $0.deltaCodec) = (.float32, .float32)
    }
    #expect(wide.limit == .link)
    #expect(
      findings(of: wide).contains {
        if case .codec(.int8, let seconds, let now) = $0 { seconds < now / 2 } else { false }
      })
    let narrow = try plan(workers: 8, link: "100Mbit")
    #expect(narrow.limit == .link)
    #expect(
      !findings(of: narrow).contains { if case .codec = $0 { true } else { false } })
  }

  @Test("A long way, and a coordinator that does not keep up, are each named")
  func others() throws {
    #expect(try plan(workers: 8, link: "100Gbit,2s").limit == .delay)
    var machine = MachineSpeed(computeSeconds: 2, evaluationSeconds: 1)
    machine.processors = 8
    machine.processing.perGradientValue = 1e-7
    let run = try plan(workers: 8).run
    #expect(RunPlan(run, on: machine, workers: 8, link: nil).limit == .processors)
  }

  @Test("What is asked for and not there: memory, disk, time for a microbatch")
  func obstacles() throws {
    let plan = try plan(workers: 2) { $0.longestLeaseSeconds = 1 }
    let needed = DiskNeeds(of: plan.run).peakBytes
    let found = plan.findings(memory: 90_000_000, disk: ("/data", needed - 1))
    #expect(
      found.prefix(3) == [
        .memory(of: "the coordinator", needed: plan.coordinatorBytes, present: 90_000_000),
        .disk(path: "/data", needed: needed, free: needed - 1),
        .leaseTooShort(seconds: 2, longest: 1),
      ])
    #expect(plan.workerBytes < 90_000_000)
    let alone = try self.plan(workers: 5, link: nil)
    let all = alone.coordinatorBytes + 5 * alone.workerBytes
    #expect(alone.findings(memory: all, disk: nil).allSatisfy { !isMemory($0) })
    #expect(alone.findings(memory: all - 1, disk: nil).contains(where: isMemory))
  }

  private func isMemory(_ finding: PlanFinding) -> Bool {
    if case .memory = finding { true } else { false }
  }

  @Test("The page and the sentences")
  func text() throws {
    var context = PlanContext(title: "run.yaml: NeighborMAE, small", source: "as given")
    context.unknown = ["how long pairs take to read, as no shard is here"]
    context.disk = ("/data", 1 << 40)
    let text = try plan(workers: 64) { $0.trainingChips = 100 }.text(context)
    for line in [
      "run.yaml: NeighborMAE, small, 10,000,000 parameters",
      "64 workers of 1 thread, each on a machine of its own, 1 Gbit/s",
      "  training chips              100, each 3.2 times an anchor",
      "- Not known: how long pairs take to read, as no shard is here.",
      "- 64 workers gain nothing over 8: ",
      "- 56 of 64 workers have nothing to do: a step has 8 microbatches.",
    ] { #expect(("\n" + text).contains("\n" + line), "\(line)\n\(text)") }
    #expect(
      text.split(separator: "\n").contains {
        $0.hasPrefix("  64        8.3 s    3.834       2.0  link")
      }, "\(text)")
  }
}
