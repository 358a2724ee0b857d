// `terrane plan`: what a run will take, before anybody computes.

import ArgumentParser
import Basics
import Benchmarks
import Configuration
import Coordination
import Foundation
import Imagery
import MaskedAutoencoding
import Observability
import Planning

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what a run will take: time, memory, traffic, disk, and what will be the limit.",
    discussion: """
      It measures this machine for 5 to 20 seconds (longer with large models): steps of the run's \
      model on random pixels, pairs of the dataset where a shard is here, and an exchange between \
      a coordinator and two workers. The rest is calculated; docs/scale.md has the formula and \
      what it was held against. Nothing is written, and no run begins.

      With --link every worker has a machine of its own, as fast as this one, and so has the \
      coordinator; without it all are on this machine and share its processors.

      Examples:

        terrane plan run.yaml
        terrane plan run.yaml --workers 64 --threads 16 --link 1Gbit
        terrane plan run.yaml --workers 64 --link 10Gbit,1ms --speed 120
        terrane plan run.yaml --workers 8 --link 1Gbit --json

      How to read it: a step is computing, and an exchange, one after the other. More workers \
      divide the computing and lengthen the exchange, as each of them gets every change of the \
      parameters over the coordinator's one link; the table shows where that ends. Nobody has as \
      much to do as the step's microbatches: training.microbatchesPerStep bounds the workers that \
      are busy at once.
      """)

  @Argument(help: "The run's configuration, as terrane train reads it.")
  var file: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override one value. May be repeated.", valueName: "section.key=value"))
  var overrides: [String] = []

  @Option(help: "Worker processes: workers.count when it is not given.")
  var workers: Int?

  @Option(help: "Threads of each worker: workers.threads when it is not given.")
  var threads: Int?

  @Option(
    help: "The coordinator's link: 200Mbit, or 1Gbit,10ms with the delay of one way.",
    transform: LinkSpeed.init(parsing:))
  var link: LinkSpeed?

  @Option(
    help: ArgumentHelp(
      "Pairs a second that a worker trains, where the workers' machines are others than this one: "
        + "a run's page and log, or terrane bench step there, say it.", valueName: "pairs/s"))
  var speed: Double?

  @Option(help: "Bands of the images, where the dataset is not here: 3 when it is not given.")
  var bands: Int?

  @Flag(help: "Print one line of JSON: seconds and bytes.")
  var json = false

  func validate() throws {
    for (name, value, range) in [
      ("workers", workers, 1...4096), ("threads", threads, 1...256), ("bands", bands, 1...1024),
    ] {
      if let value, !range.contains(value) {
        throw ValidationError(
          "--\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(value)")
      }
    }
    if let speed, !(speed.isFinite && (1e-6...1e9).contains(speed)) {
      throw ValidationError(
        "--speed must be between 0.000001 and 1e9 pairs a second, found \(speed)")
    }
  }

  func run() throws {
    let configuration = try RunConfiguration.load(file, overrides: overrides)
    let dataset = try dataset(of: configuration)
    let model = try configuration.modelConfiguration(
      channels: dataset?.description.bands.count ?? bands ?? Self.usualBands)
    let console = Console()
    let measurement = MachineMeasurement(
      configuration, model, datasets: dataset == nil ? [] : configuration.data.folder,
      threads: threads ?? configuration.workers.threads, givenSpeed: speed
    ) { sentence in
      console.isTerminal
        ? console.show("\(sentence) …", at: .monotonicNow()) : console.log("\(sentence)")
    }
    let measured = try measurement.run()
    console.finish(keepingLine: false)
    let plan = RunPlan(
      PlannedRun(
        configuration, parameters: model.parameterLayout.count, dataset: dataset?.description),
      on: measured.speed, workers: workers ?? configuration.workers.count, link: link)
    let context = context(configuration, model, measured, hasData: dataset != nil)
    try Answer.print(
      json ? try PlanAnswer(plan, context).text() : plan.text(context))
  }

  private static let usualBands = 3

  /// Nil where there is none yet.
  /// - Throws: what is wrong with one that is there.
  private func dataset(of configuration: RunConfiguration) throws -> Dataset? {
    do {
      let dataset = try Dataset(folders: configuration.data.folder)
      if bands != nil {
        throw ValidationError(
          "--bands is for a dataset that is not here, and \(dataset.folder) is: leave it out, or "
            + "name another dataset by --set data.folder=…")
      }
      return dataset
    } catch DatasetError.noDescription {
      return nil
    }
  }

  private func context(
    _ configuration: RunConfiguration, _ model: ModelConfiguration,
    _ measured: MachineMeasurement.Outcome, hasData: Bool
  ) -> PlanContext {
    let name = configuration.model
    var context = PlanContext(
      title: "\(file ?? "the defaults"): \(name.objective.title), \(name.preset.rawValue)",
      source: measured.source)
    context.unknown = measured.unknown
    if !hasData {
      let folders = configuration.data.folder.joined(separator: ", ")
      context.unknown.append(
        "how often each chip is seen, how long \(name.objective.sampleName)s take to read and how "
          + "many bands there are, as no dataset is at \(folders); images of "
          + "\(HumanFormat.counted(model.channels, "band")) were taken (--bands)")
    }
    let processors = measured.speed.processors
    if measured.speed.threads > processors && speed == nil {
      context.unknown.append(
        "how fast \(measured.speed.threads) threads are: this machine has "
          + "\(HumanFormat.counted(processors, "processor")), so that the speed is that of these; run "
          + "it on a worker's machine, or give --speed")
    }
    context.memoryBytes = Self.memoryBytes
    context.disk = Self.disk(for: configuration.run.folder)
    return context
  }

  /// Of this machine, or of the control group that this process is in.
  private static var memoryBytes: Int? {
    let machine = KernelFile.value(of: "MemTotal:", in: "/proc/meminfo").map { $0 << 10 }
    let groups = ControlGroup.bounding(
      "memory", membership: ControlGroup.membership, root: ControlGroup.root
    ).compactMap { $0.memory?.limitBytes }
    return (groups + [machine].compactMap(\.self)).min()
  }

  /// The nearest folder above that there is, and what is free there.
  private static func disk(for folder: String) -> (path: String, free: Int)? {
    var path = Files.absolute(folder)
    while !Files.exists(path), path != "/", !path.isEmpty {
      path = (path as NSString).deletingLastPathComponent
    }
    return FileSystemSize(of: path).map { (path, $0.freeBytes) }
  }
}
