// `terrane embed` and `terrane probe`: another program carries them out, so that this one needs
// neither GDAL nor linear algebra.

import ArgumentParser
import Basics

/// The program that has these commands.
private let program = "terrane-features"

struct EmbedForwarding: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Features of scenes and datasets: maps, tables of chips, pictures.",
    discussion: "See `terrane embed --help`.")

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try SiblingProgram.run(program, ["embed"] + arguments) }
}

struct ProbeForwarding: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "How good a run's features are: labels predicted from them, and a map.",
    discussion: "See `terrane probe --help`.")

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var arguments: [String] = []

  func run() throws { try SiblingProgram.run(program, ["probe"] + arguments) }
}
