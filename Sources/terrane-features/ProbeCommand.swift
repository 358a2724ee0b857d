// `terrane probe`: options in, scores out.

import ArgumentParser
import Basics
import Commands
import Embedding
import EncoderArguments
import Foundation
import Ingestion
import Observability
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

  @OptionGroup(title: "Which encoder")
  var encoder: EncoderArguments

  /// Looks whether a probe could begin, and computes nothing. The run needs no checkpoint.
  @Flag(name: .customLong("check"), help: .hidden)
  var checks = false

  /// Ends with the process that started it, whose end closes standard input.
  @Flag(help: .hidden)
  var supervised = false

  /// Takes only the time that others leave.
  @Flag(help: .hidden)
  var yielding = false

  func validate() throws {
    guard !output.record || encoder.from != .average else {
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
    if yielding { Lifeline.makeWay() }
    // A file that may not grow is an error of the write.
    Signals.ignore(SIGXFSZ)
    RasterLibrary.initialize(threads: encoder.threadCount)
    let claim = try output.claim(beside: inputs + [labels.labels])
    defer { withExtendedLifetime(claim) {} }
    var request = ProbeRequest(labelPath: labels.labels)
    labels.fill(&request)
    probing.fill(&request)
    if checks { return try check(request) }
    let trained = try encoder.encoder(ofRun: folder)
    Notes.say(trained.remarks)
    let survey = try LabelSurvey(request, of: trained.run, on: scenes(of: trained.run))
    let pool = ThreadPool(threadCount: encoder.threadCount)
    defer { pool.stop() }
    if !inputs.isEmpty { Notes.say(try survey.unitNotes().map { "\($0)." }) }
    let progress = ProbeProgress()
    let run = ProbeRun(survey, of: trained, pool: pool, progress: progress)
    defer { progress.clear() }
    let labelled = try survey.label()
    try output.check(labelled.kind, by: request.probeProtocol)
    let outcome = try run.run(labelled)
    progress.clear()
    try Answer.print(outcome.report.text)
    let written = try output.write(outcome, of: run)
    progress.clear()
    if !written.isEmpty {
      try Answer.print("wrote \(written.map(\.visible).joined(separator: ", "))")
    }
  }

  /// Whether a probe of the run could begin, before the run does.
  private func check(_ request: ProbeRequest) throws {
    let run = try PreparedRun(reading: RunFolder(folder), data: encoder.data)
    let survey = try LabelSurvey(request, of: run, on: scenes(of: run))
    try survey.check(survey.label())
  }

  /// The scenes that are named, or those of the run's datasets, each as it was read for it.
  private func scenes(of run: PreparedRun) throws -> [ProbedScene] {
    let bands = run.dataset.description.bands
    if inputs.isEmpty {
      let sources = try run.configuration.data.folder.map(DatasetSources.read)
      let scenes = sources.flatMap { source in
        source.recipes.map { ProbedScene($0, reading: source.options.reading) }
      }
      var seen: Set<SceneRecipe> = []
      return scenes.filter { seen.insert($0.recipe).inserted }
    }
    var options = try finding.options
    options.saysOffset = !reading.offset.isEmpty
    let found = try SceneEncoding.scenes(inputs, options: options, bands: bands)
    for remark in found.remarks { try Answer.print("Note: \(remark).") }
    try output.checkApart(from: found.recipes.flatMap(\.paths) + [labels.labels])
    let reading = try reading.options
    return found.recipes.map { ProbedScene($0, reading: reading) }
  }
}
