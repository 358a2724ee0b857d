// `terrane probe`: options in, scores out.

import ArgumentParser
import Basics
import Embedding
import Encoders
import Foundation
import Ingestion
import Pictures
import Probing
import SceneArguments
import Scenes
import TrainingRun

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "How good a run's features are: labels predicted from them, and a map.",
    discussion: ProbeHelp.discussion)

  @Argument(help: ArgumentHelp("The run's folder; it may still be training.", valueName: "run"))
  var folder: String

  @Argument(
    help: ArgumentHelp(
      "Scenes that hold the labels. (default: those that the run's dataset was made of)",
      valueName: "scene"))
  var inputs: [String] = []

  @OptionGroup(title: "Labels")
  var labels: LabelArguments

  @OptionGroup(title: "The probe")
  var probing: ProbeArguments

  @OptionGroup(title: "What is written")
  var output: ProbeOutputArguments

  @OptionGroup(title: "Which scenes and bands")
  var finding: FindingArguments

  @OptionGroup(title: "What pixels mean")
  var reading: ReadingArguments

  @Option(
    help: ArgumentHelp(
      "The folder of the run's dataset, where it lies elsewhere by now.", valueName: "folder"))
  var data: [String] = []

  @Option(
    help: ArgumentHelp("The step of a checkpoint. (default: the newest)", valueName: "step"))
  var from: UInt32?

  /// Ends with the process that started it, whose end closes standard input, and takes only the
  /// time that others leave.
  @Flag(help: .hidden)
  var supervised = false

  @Option(help: "Threads to compute with.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
  }

  func run() throws {
    if supervised { try Lifeline.hold() }
    // A file that may not grow is an error of the write.
    Signals.ignore(SIGXFSZ)
    RasterLibrary.initialize()
    try output.check(beside: inputs + [labels.labels])
    let trained = try TrainedEncoder(
      of: RunFolder(folder), data: data, from: from.map { .step(Step($0)) } ?? .newest)
    let (recipes, recorded) = try scenes(of: trained)
    var request = ProbeRequest(labelPath: labels.labels)
    try labels.fill(&request)
    probing.fill(&request)
    request.reading = try recorded ?? reading.options
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let status = StatusLine()
    let run = ProbeRun(request, of: trained, on: recipes, pool: pool) { status.show($0) }
    let outcome: ProbeOutcome
    do {
      outcome = try run.run()
    } catch {
      status.clear()
      throw error
    }
    status.clear()
    try Answer.print(outcome.report.text)
    let written = try output.write(outcome, of: run, trained) { status.show($0) }
    status.clear()
    if !written.isEmpty { try Answer.print("wrote \(written.joined(separator: ", "))") }
  }

  /// The scenes that are named, or those of the run's datasets with how they were read.
  private func scenes(of trained: TrainedEncoder) throws -> ([SceneRecipe], ReadingOptions?) {
    if !inputs.isEmpty {
      let found = try SceneEncoding.scenes(
        inputs, options: try finding.options, bands: trained.bands)
      return (found.recipes, nil)
    }
    let sources = try trained.run.configuration.data.folder.map(DatasetSources.read)
    var seen: Set<SceneRecipe> = []
    return (
      sources.flatMap(\.recipes).filter { seen.insert($0).inserted },
      sources.first?.options.reading
    )
  }
}

/// One line of what is being done, on a terminal alone.
final class StatusLine: Sendable {
  private let isTerminal = isatty(STDERR_FILENO) == 1

  /// Replaces the line.
  func show(_ text: String) {
    if isTerminal { StandardStreams.write("\r\u{1B}[K" + text, to: STDERR_FILENO) }
  }

  /// Leaves an empty line.
  func clear() { show("") }
}
