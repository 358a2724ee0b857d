// `terrane worker`: one worker.

import ArgumentParser
import Basics
import ClusterRuntime
import Transport

struct RunWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run one worker: it computes gradients on the shards in its data folder.",
    discussion: """
      The configuration comes from the coordinator. A worker may join and leave at any time; one \
      whose coordinator goes away, or is stopped before the run's end, waits for it to come back.

      Example:

        terrane worker --connect tcp://head:5570 --key node1.key --data data/mine
        terrane worker --connect-file address --key node1.key --data data/mine

      With more threads, and for less than a scheduler's hour: --threads 16 --for 55m

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage, .diverged, .gaveUpWaiting, .refused, .left]))
      """)

  @Option(help: "The coordinator's address: tcp://HOST:PORT or ipc://FILE.")
  var connect: String?

  @Option(
    help: ArgumentHelp(
      "Instead of --connect: where the coordinator writes its address (--address-file). It is read "
        + "again while there is no connection, and need not be there yet.", valueName: "file"))
  var connectFile: String?

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

  @Option(
    help: ArgumentHelp(
      "How long to wait for a coordinator, at first and when it was stopped or lost: seconds, or "
        + "like 90m.", valueName: "time"))
  var wait = TimeSpan(seconds: 60)

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Leave after this time, such as 55m before a scheduler's limit of an hour: no work is begun "
        + "that would not be done by then.", valueName: "time"))
  var stay: TimeSpan?

  @Flag(help: .hidden)
  var supervised = false

  @Flag(help: .hidden)
  var madeUpGradients = false

  @Option(help: .hidden)
  var productPath: ProductPath?

  func validate() throws {
    if key != nil && insecure {
      throw ValidationError("say --key or --insecure, not both")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
    if connect != nil && connectFile != nil {
      throw ValidationError("say --connect or --connect-file, not both")
    }
    if connect == nil && connectFile == nil {
      throw ValidationError("say where the coordinator is, by --connect or by --connect-file")
    }
  }

  func run() throws {
    let leavesAt = stay.map { Instant.after($0.duration) }
    let listener = try StopListener(isSupervised: supervised, status: .left)
    let runtime = try WorkerRuntime(
      place: connectFile.map { .file(AddressFile(Files.absolute($0))) } ?? .address(connect ?? ""),
      keys: ExchangeKeys(path: key, isInsecure: insecure), dataFolders: data,
      threads: threads, name: name, runIdentity: runIdentity, patience: wait.duration,
      leavesAt: leavesAt, gradients: madeUpGradients ? .madeUp : .objective(by: productPath),
      listener: listener)
    throw ExitCode(try runtime.work().rawValue)
  }
}

extension ProductPath: ExpressibleByArgument {}
