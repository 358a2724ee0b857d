// The program behind `terrane embed` and `terrane probe`, which start it.

import ArgumentParser
import Basics
import Commands

@main
struct TerraneFeatures: ParsableCommand {
  static let configuration = CommandConfiguration(
    // Who reads its help or its errors has called `terrane`.
    commandName: "terrane",
    abstract: "What a run has learned, at work: carries out `terrane embed` and `terrane probe`.",
    version: Release.versionAndCommit,
    // A command of this program is one entry here, and a stub in terrane's FeatureCommands.swift.
    subcommands: [EmbedCommand.self, ProbeCommand.self])

  static func main() { runProgram() }
}
