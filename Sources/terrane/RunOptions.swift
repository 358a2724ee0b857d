// The options that say which run, shared by `train` and `coordinator`.

import ArgumentParser
import Basics
import Configuration
import Observability
import TrainingRun

struct RunOptions: ParsableArguments {
  @Argument(help: "The run's configuration, YAML. Every value has a default; see --explain.")
  var file: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override one value, for example optimizer.baseLearningRate=3e-4. May be repeated.",
      valueName: "section.key=value"))
  var overrides: [String] = []

  @Option(
    help: ArgumentHelp(
      "Go on with the run in this folder from its newest valid checkpoint, to the same bits as if "
        + "it had never stopped.",
      valueName: "run"))
  var resume: String?

  @Flag(
    help: """
      Go on with the run in run.folder if there is one, or else start it: the same command for the \
      first time and every time after. A changed value of what decides no number takes effect.
      """)
  var resumeOrStart = false

  @Flag(
    help: """
      Wait while another coordinator is at work in the run's folder, where otherwise the status \
      would be 73.
      """)
  var waitForLock = false

  @Flag(help: "Print every value of the configuration with default, bounds and meaning, and end.")
  var explain = false

  func validate() throws {
    if file != nil && resume != nil {
      throw ValidationError(
        "give a configuration to start a run or --resume to go on with one, not both; a resumed run "
          + "has its configuration in its folder")
    }
    if resumeOrStart && resume != nil {
      throw ValidationError("--resume names a run that is there; leave out --resume-or-start")
    }
  }

  /// Makes the folder of a new run, or opens that of an old one.
  func prepare() throws -> PreparedRun {
    if let resume {
      let folder = RunFolder(resume)
      try waitIfWanted(for: folder)
      return try PreparedRun(resuming: folder, overrides: overrides)
    }
    let configuration = try RunConfiguration.load(file, overrides: overrides)
    try waitIfWanted(for: RunFolder(configuration.run.folder))
    return resumeOrStart
      ? try PreparedRun(resumingOrStarting: configuration, waitsForLock: waitForLock)
      : try PreparedRun(creating: configuration)
  }

  private func waitIfWanted(for folder: RunFolder) throws {
    if waitForLock { try RunLock.waitUntilFree(folder, say: StandardStreams.say) }
  }
}
