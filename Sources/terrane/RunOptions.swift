// The options that say which run, shared by `train` and `coordinator`.

import ArgumentParser
import Configuration
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

  @Flag(help: "Print every value of the configuration with default, bounds and meaning, and end.")
  var explain = false

  func validate() throws {
    if file != nil && resume != nil {
      throw ValidationError(
        "give a configuration to start a run or --resume to go on with one, not both; a resumed run "
          + "has its configuration in its folder")
    }
  }

  /// Makes the folder of a new run, or opens that of an old one.
  func prepare() throws -> PreparedRun {
    if let resume { return try PreparedRun(resuming: RunFolder(resume), overrides: overrides) }
    return try PreparedRun(creating: RunConfiguration.load(file, overrides: overrides))
  }
}
