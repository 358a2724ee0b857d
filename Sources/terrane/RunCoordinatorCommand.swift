// `terrane coordinator`: the coordinator alone.

import ArgumentParser
import Basics
import ClusterRuntime
import Configuration

struct RunCoordinatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Run the coordinator alone: it owns the parameters and waits for workers.",
    discussion: """
      It needs the dataset's dataset.json (data.folder), but none of the shards. Workers may join \
      and leave at any time.

      Example:

        terrane coordinator run.yaml --listen 'tcp://*:5570'

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage, .diverged, .runIsHeld, .stopped]))
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "Where workers connect: tcp://*:PORT, tcp://INTERFACE:PORT or ipc://FILE.")
  var listen = "tcp://*:5570"

  @Option(name: .customLong("run"), help: .hidden)
  var runIdentity: String?

  @Flag(help: .hidden)
  var supervised = false

  func run() throws {
    if options.explain { return try Answer.print(RunConfiguration.reference) }
    try CoordinatorRuntime.check(address: listen)
    let listener = try StopListener(isSupervised: supervised, status: .stopped)
    let run = try options.prepare()
    try run.check(identity: runIdentity)
    throw ExitCode(try CoordinatorRuntime.run(run, address: listen, listener: listener).rawValue)
  }
}
