// How fast this machine is at a run that has not begun: some steps of its model on random pixels,
// some pairs of its dataset, and an exchange of a small model. Not here: what follows (Planning).

import Basics
import ClusterRuntime
import Configuration
import Coordination
import Imagery
import MaskedAutoencoding
import Planning
import TrainingRun

#if canImport(Glibc)
  import Glibc
#endif

/// Measures for a few seconds, of which steps take about `budget`; large models longer, as a step
/// takes what it takes.
package struct MachineMeasurement {
  package let configuration: RunConfiguration
  package let model: ModelConfiguration
  /// Folders of datasets that are there.
  package let datasets: [String]
  /// Of a worker.
  package let threads: Int
  /// Pairs a second that a worker is said to train, elsewhere; nil to measure them here.
  package let givenSpeed: Double?
  /// Takes what is going on, in a sentence without its end.
  package let say: (String) -> Void

  /// - Precondition: `threads` is positive.
  package init(
    _ configuration: RunConfiguration, _ model: ModelConfiguration, datasets: [String],
    threads: Int, givenSpeed: Double?, say: @escaping (String) -> Void
  ) {
    precondition(threads > 0)
    self.configuration = configuration
    self.model = model
    self.datasets = datasets
    self.threads = threads
    self.givenSpeed = givenSpeed
    self.say = say
  }

  package struct Outcome {
    package fileprivate(set) var speed: MachineSpeed
    /// Where it comes from, as a sentence without its end.
    package fileprivate(set) var source: String
    /// What could not be measured, and why.
    package fileprivate(set) var unknown: [String] = []
  }

  /// Of steps, in seconds.
  private static let budget = 8.0
  private static let pairsLoaded = 32

  private var objective: ObjectiveKind { configuration.model.objective }
  private var processors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
  private var pairs: Int { configuration.training.pairsPerMicrobatch }

  /// - Throws: `RunError` where this machine's memory does not hold the model,
  ///   `ExchangeBenchmarkError`, and what keeps the steps from being made.
  package func run() throws -> Outcome {
    // First, while this process is small: the system counts what it has as its children's peak.
    let exchange = try exchange()
    var outcome = try steps()
    outcome.speed.processors = processors
    outcome.speed.threads = threads
    take(exchange, into: &outcome.speed)
    if givenSpeed == nil { addData(to: &outcome) }
    return outcome
  }

  // MARK: - Steps

  /// Steps of one pair first, which say how many pairs and steps there is time for. Memory grows
  /// with pairs in a straight line, time nearly so.
  private func steps() throws -> Outcome {
    // Parameters, their moments and the gradient; pairs come on top.
    try FreeMemory.check(
      for: 4 * model.parameterLayout.count * MemoryLayout<Float>.stride,
      "a step of the run's model, which is measured here,")
    say("measuring a worker's step on this machine")
    let one = try step(of: 1, steps: 1)
    let each = one.meanSeconds
    let wanted = givenSpeed == nil ? pairs : 2
    let measured = min(wanted, max(2, Int(Self.budget / 2 / each)))
    let count = givenSpeed == nil ? min(12, max(1, Int(Self.budget / each / Double(measured)))) : 1
    let report = try step(of: measured, steps: count)
    let factor = Double(pairs) / Double(measured)
    let compute = (report.medianSeconds - report.optimizerSeconds) * factor
    var outcome: Outcome
    if let givenSpeed {
      outcome = Outcome(
        speed: MachineSpeed(pairsPerSecond: givenSpeed, pairsPerMicrobatch: pairs),
        source: "\(HumanFormat.rate(givenSpeed, of: objective.sampleName + "s")) a worker, as given"
      )
    } else {
      outcome = Outcome(
        speed: MachineSpeed(
          computeSeconds: compute, evaluationSeconds: report.forwardSeconds * factor),
        source: "measured here, \(HumanFormat.counted(count, "step")) of "
          + HumanFormat.counted(measured, objective.sampleName))
    }
    let growth =
      measured > 1 ? Double(report.objectiveBytes - one.objectiveBytes) / Double(measured - 1) : 0
    outcome.speed.activationBytes = max(
      0, one.objectiveBytes + Int(max(0, growth) * Double(pairs - 1)))
    return outcome
  }

  private func step(of pairs: Int, steps: Int) throws -> StepBenchmark.Report {
    try StepBenchmark(
      objective: objective, model: model, pairs: pairs, threads: threads, steps: steps
    ).run(comparesWithProducts: false)
  }

  // MARK: - Pairs

  private func addData(to outcome: inout Outcome) {
    guard let folder = datasets.first else { return }
    say("measuring how fast pairs are made of \(folder)")
    do {
      let report = try LoadBenchmark(
        folder: folder, imageSide: model.imageSide << model.upsamplings, pairs: Self.pairsLoaded
      ).run()
      let images = Double(objective.imagesPerSample) / Double(ModelConfiguration.imagesPerPair)
      outcome.speed.dataSeconds = Double(pairs) * images / report.pairsPerSecond
    } catch {
      outcome.unknown.append("how long \(objective.sampleName)s take to read, as \(error)")
    }
  }

  // MARK: - Exchange

  /// A model of so many parameters is large enough that what grows with them is seen.
  private static let exchangedParameters = 3_200_000

  private var setting: ExchangeBenchmark.Setting {
    var setting = ExchangeBenchmark.Setting()
    // What a coordinator does once, to begin, is little beside so many.
    setting.steps = 16
    setting.parameters = min(model.parameterLayout.count, Self.exchangedParameters)
    setting.microbatches = 4
    setting.gradientCodec = configuration.exchange.gradientCodec
    setting.parameterCodec = configuration.exchange.parameterCodec
    setting.keepsJournal = configuration.checkpoints.journalBytes > 0
    return setting
  }

  private func exchange() throws -> ExchangeBenchmark.Report {
    say("measuring an exchange between a coordinator and two workers")
    return try ExchangeBenchmark(setting).run()
  }

  private func take(_ report: ExchangeBenchmark.Report, into speed: inout MachineSpeed) {
    let parameters = Double(report.parameters)
    let values = parameters * Double(setting.microbatches)
    let encode = report.phases.first { $0.key == "encode" }?.seconds ?? 0
    speed.processing = report.processing(report.cost(microbatches: setting.microbatches))
    // Update and commit grow with the parameters.
    speed.processing.perParameter = speed.processing.perStep / parameters
    speed.processing.perStep = 0
    if givenSpeed == nil { speed.encodeSecondsPerValue = encode / values }
    // With all processors for itself; what else is at work here now takes none of it.
    let alone = report.coordinator.processorSeconds / Double(setting.steps * processors)
    speed.coordinatorShare = min(1, alone / max(report.medianSeconds, .leastNormalMagnitude))
    // What these processes have beside what the plan counts by parameters.
    var exchanged = PlannedRun(
      parameters: report.parameters, steps: setting.steps, microbatches: setting.microbatches,
      pairsPerMicrobatch: 1)
    (exchanged.gradientCodec, exchanged.deltaCodec) = (
      setting.gradientCodec, setting.parameterCodec
    )
    let nothing = MachineSpeed(computeSeconds: 0, evaluationSeconds: 0)
    let known = RunPlan(exchanged, on: nothing, workers: setting.workers, link: nil)
    let worker = report.workers.map(\.peakBytes).max() ?? 0
    speed.coordinatorProgramBytes = max(0, report.coordinator.peakBytes - known.coordinatorBytes)
    speed.workerProgramBytes = max(0, worker - known.workerBytes)
  }
}
