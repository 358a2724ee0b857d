// `terrane worker`: one worker.

import ArgumentParser
import Basics
import ClusterRuntime

struct RunWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run one worker: it computes gradients on the shards in its data folder.",
    discussion: """
      The configuration comes from the coordinator. A worker may join and leave at any time; one \
      whose coordinator goes away waits for it to come back.

      Example:

        terrane worker --connect tcp://head:5570 --key node1.key --data /data/landsat --threads 16

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage, .diverged, .gaveUpWaiting, .refused, .left]))
      """)

  @Option(help: "The coordinator's address: tcp://HOST:PORT or ipc://FILE.")
  var connect: String

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "The folder that terrane-ingest made: dataset.json and all or some of the shards. Once for "
        + "each dataset of the run, in its order.", valueName: "folder"))
  var data: [String]

  @Option(
    help: ArgumentHelp(
      "This worker's key: a file that `terrane keys` made for the coordinator.", valueName: "file"))
  var key: String?

  @Flag(help: "Connect without a key, to a coordinator that was started with --insecure.")
  var insecure = false

  @Option(help: "Threads to compute with; the numbers do not depend on it.")
  var threads = 1

  @Option(help: "What logs call this worker; by default the machine's name and the process number.")
  var name: String?

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "The one run to join, as the coordinator's log calls it; any by default.",
      valueName: "identity"))
  var runIdentity: String?

  @Option(help: ArgumentHelp("How long to wait for a coordinator.", valueName: "seconds"))
  var wait = 60

  @Flag(help: .hidden)
  var supervised = false

  @Flag(help: .hidden)
  var madeUpGradients = false

  func validate() throws {
    if key != nil && insecure {
      throw ValidationError("say --key or --insecure, not both")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
    guard (1...86_400).contains(wait) else {
      throw ValidationError("--wait must be between 1 and 86400 seconds, found \(wait)")
    }
  }

  func run() throws {
    let listener = try StopListener(isSupervised: supervised, status: .left)
    let runtime = try WorkerRuntime(
      address: connect, keys: ExchangeKeys(path: key, isInsecure: insecure), dataFolders: data,
      threads: threads, name: name, runIdentity: runIdentity, patience: .seconds(wait),
      gradients: madeUpGradients ? .madeUp : .objective, listener: listener)
    throw ExitCode(try runtime.work().rawValue)
  }
}
