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

      Whoever is to join needs a key, and what is said is encrypted; --insecure goes without.

      Example:

        terrane keys keys node1 node2
        terrane coordinator run.yaml --listen 'tcp://*:5570' --keys keys

      Under a scheduler, which may start it again, and on another machine (--listen 'tcp://*:0' \
      takes any port; --wait-for-lock waits for one that is still at work):

        terrane coordinator run.yaml --keys keys --resume-or-start --address-file at

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage, .diverged, .runIsHeld, .stopped]))
      """)

  @OptionGroup var options: RunOptions

  @Option(
    help: """
      Where workers connect: tcp://*:PORT, tcp://INTERFACE:PORT or ipc://FILE. Port 0 is any that \
      is free.
      """)
  var listen = "tcp://*:5570"

  @Option(
    help: ArgumentHelp(
      "Write the address there as soon as workers can connect, for worker --connect-file, and "
        + "remove it at the end.", valueName: "file"))
  var addressFile: String?

  @Option(
    help: ArgumentHelp(
      "The folder that `terrane keys` made: this coordinator's key, and those that may join. It is "
        + "read again every second.", valueName: "folder"))
  var keys: String?

  @Flag(
    help: ArgumentHelp(
      "Let everybody join who reaches the address, unencrypted. A socket (ipc://) in a folder that "
        + "only you can enter needs neither this nor keys."))
  var insecure = false

  @Option(name: .customLong("run"), help: .hidden)
  var runIdentity: String?

  @Flag(help: .hidden)
  var supervised = false

  @OptionGroup var page: PageOptions

  func validate() throws {
    if keys != nil && insecure {
      throw ValidationError("say --keys or --insecure, not both")
    }
  }

  func run() throws {
    if options.explain { return try Answer.print(RunConfiguration.reference) }
    let service = try CoordinatorService(
      address: listen, keys: ExchangeKeys(path: keys, isInsecure: insecure),
      addressFile: addressFile, waitsForLock: options.waitForLock)
    let listener = try StopListener(isSupervised: supervised, status: .stopped)
    let server = try page.start()
    let run = try options.prepare()
    try run.check(identity: runIdentity)
    server?.show([run.folder])
    defer { server?.close() }
    let status = try CoordinatorRuntime.run(run, as: service, listener: listener)
    throw ExitCode(status.rawValue)
  }
}
