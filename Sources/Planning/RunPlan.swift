// What a run will take: time, bytes on the link and memory, for any number of workers. Pure
// arithmetic on what the run asks for, what a machine does, and the formula of a step
// (`ExchangeCost`, docs/scale.md).

import Basics
import Coordination
import TrainingRun

/// A run, the machines it is to run on, and what follows.
package struct RunPlan: Equatable, Sendable {
  package let run: PlannedRun
  package let machine: MachineSpeed
  package let workers: Int
  /// From the coordinator's machine to the workers', each of which has a machine of its own that is
  /// as fast as the one measured; nil where all are on one machine.
  package let link: LinkSpeed?

  /// - Precondition: there is a worker.
  package init(_ run: PlannedRun, on machine: MachineSpeed, workers: Int, link: LinkSpeed?) {
    precondition(workers > 0)
    self.run = run
    self.machine = machine
    self.workers = workers
    self.link = link
  }

  /// A step with so many workers.
  package func cost(workers: Int) -> ExchangeCost {
    let (up, down) = (run.gradientCodec.bitsOnWire.up, run.deltaCodec.bitsOnWire.down)
    var cost = ExchangeCost(
      parameters: run.parameters, workers: workers, microbatches: run.microbatches,
      bytesPerGradientValue: up / 8, bytesPerDeltaValue: down / 8)
    cost.window = run.window
    cost.link = link
    cost.computeSeconds = workSeconds(machine.computeSeconds, workers: workers)
    cost.processing = machine.processing
    if link == nil { return cost }
    // Encoding is the workers', who have processors of their own for it.
    cost.computeSeconds += machine.encodeSecondsPerValue * Double(run.parameters)
    cost.processing.scale(by: machine.coordinatorShare)
    return cost
  }

  /// A microbatch's pairs made and computed on. On one machine workers share its processors.
  private func workSeconds(_ computeSeconds: Double, workers: Int) -> Double {
    let seconds = computeSeconds + (machine.dataSeconds ?? 0)
    if link != nil { return seconds }
    let busy = min(workers, run.microbatches) * machine.threads
    return seconds * max(1, Double(busy) / Double(machine.processors))
  }

  package var cost: ExchangeCost { cost(workers: workers) }

  package func pairsPerSecond(workers: Int) -> Double {
    Double(run.pairsPerStep) / cost(workers: workers).seconds
  }

  // MARK: - The whole run

  /// Of one of them: the busiest worker's microbatches, and a way to and fro for each and the last.
  package var evaluationSeconds: Double {
    let turns = Double((run.evaluationMicrobatches + workers - 1) / workers)
    return turns * workSeconds(machine.evaluationSeconds, workers: workers)
      + (turns + 1) * (link?.roundTripSeconds ?? 0)
  }

  package var secondsInAll: Double {
    Double(run.steps) * cost.seconds + Double(run.evaluations) * evaluationSeconds
  }

  // MARK: - How many workers are worth it

  /// A step that is so much longer than the shortest one is still as good.
  private static let tolerance = 1.02

  /// The fewest workers, up to so many, whose step is as good as any.
  package func fewestWorkers(upTo limit: Int) -> Int {
    let seconds = (1...min(limit, run.microbatches)).map { cost(workers: $0).seconds }
    let shortest = seconds.min() ?? .infinity
    return 1 + (seconds.firstIndex { $0 <= shortest * Self.tolerance } ?? 0)
  }

  /// 1, 2, 4 and so on, and the number that was asked for.
  package var tabled: [Int] {
    sequence(first: 1) { $0 * 2 }.prefix { $0 < workers } + [workers]
  }

  // MARK: - Memory

  /// A coordinator's peak: what the store holds, the delta that is kept for who asks, and two
  /// windows of chunks for each worker.
  package var coordinatorBytes: Int {
    let bytesOf = { (bits: Double) in Double(run.parameters) * bits / 8 }
    let (up, down) = (run.gradientCodec.bitsOnWire.up, run.deltaCodec.bitsOnWire.down)
    let windows = 2 * Double(run.window * ChunkGrid.valuesPerChunk) * max(up, down) / 8
    let inFlight = Double(workers) * min(windows, bytesOf(up) + bytesOf(down))
    return machine.coordinatorProgramBytes
      + MemoryNeeds.coordinatorBytes(
        parameters: run.parameters, keepsAverage: run.keepsAverage)
      + Int(bytesOf(down) + inFlight)
  }

  /// A worker's peak: replica, gradient and the objective's memory.
  package var workerBytes: Int {
    machine.workerProgramBytes + MemoryNeeds.workerBytes(parameters: run.parameters)
      + machine.activationBytes
  }
}

extension ExchangeCost.Processing {
  fileprivate mutating func scale(by share: Double) {
    perGradientValue *= share
    perParameter *= share
    perDeltaValue *= share
    perMicrobatch *= share
    perStep *= share
  }
}
