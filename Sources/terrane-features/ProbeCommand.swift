// `terrane probe`: options in, scores out.

import ArgumentParser
import Basics
import Commands
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
      "The folder of the run's dataset, where it lies elsewhere by now. May be given several times.",
      valueName: "folder"))
  var data: [String] = []

  @Option(
    help: ArgumentHelp(
      "Which checkpoint: newest, best (the lowest held-out loss of those that are there), the "
        + "number of its step, or average (of the parameters, with optimizer.average).",
      valueName: "checkpoint"))
  var from = "newest"

  private var choice: CheckpointChoice { CheckpointChoice(word: from) ?? .newest }

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
    guard CheckpointChoice(word: from) != nil else {
      throw ValidationError(
        "--from is '\(from)'; it is 'newest', 'best', 'average', or the number of a step.")
    }
    guard !output.record || choice != .average else {
      throw ValidationError(
        "--record keeps the curve of the run's own parameters, not of an average.")
    }
    let isPlain = try finding.options == InputOptions() && reading.options == ReadingOptions()
    guard isPlain || !inputs.isEmpty else {
      throw ValidationError(
        "Scenes of the run's dataset are read as they were for it; name the scenes that are to be "
          + "read by other options.")
    }
  }

  func run() throws {
    if supervised { try Lifeline.hold() }
    // A file that may not grow is an error of the write.
    Signals.ignore(SIGXFSZ)
    RasterLibrary.initialize(threads: threads)
    try output.check(beside: inputs + [labels.labels])
    let trained = try TrainedEncoder(
      of: RunFolder(folder), data: data, from: choice)
    Notes.say(trained.remarks)
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
      var options = try finding.options
      options.saysOffset = !reading.offset.isEmpty
      let found = try SceneEncoding.scenes(inputs, options: options, bands: trained.bands)
      for remark in found.remarks { try Answer.print("Note: \(remark).") }
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
