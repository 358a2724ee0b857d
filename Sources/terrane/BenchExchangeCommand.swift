// `terrane bench exchange`: gradients up, parameters down, and nothing computed.

import ArgumentParser
import Basics
import Benchmarks
import Compression
import Coordination

struct BenchExchangeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exchange",
    abstract: "Time steps whose gradients were made up once: coordinator, workers, no model.",
    discussion: """
      A real coordinator and real workers, each a process of its own, on TCP of this machine: \
      every gradient is encoded, sent, decoded and added in order; AdamW, the journal and the \
      replica's delta follow. The first step, with which workers fetch the whole replica, does not \
      count.

      Examples:

        terrane bench exchange
        terrane bench exchange --parameters 112e6 --microbatches 16 --curve
        terrane bench exchange --workers 64 --microbatches 64 --json
        terrane bench exchange --link 1Gbit,10ms

      --link is the coordinator's link to all workers: its rate in each direction and, if it has \
      one, the delay of one way, as netem, Mininet and ns-3 mean it (ping shows twice as much). \
      Linux's traffic control emulates it between two network namespaces where this process may \
      make them (root; unshare --user --map-root-user). What cannot be emulated is calculated from \
      the measured bytes, and the answer says so: docs/scale.md has the formula.
      """)

  @Option(help: "Parameters, about: blocks of a preset's width that come nearest.")
  var parameters = 3.2e6

  @Option(help: "Worker processes.")
  var workers = 2

  @Option(help: "Microbatches a step.")
  var microbatches = 2

  @Option(help: "How gradients and deltas are encoded: \(Self.codecs).")
  var codec = CodecKind.bfloat16

  @Option(help: ArgumentHelp("Steps, of which the first does not count.", valueName: "count"))
  var steps = 8

  @Flag(help: "With keys, encrypted.")
  var curve = false

  @Option(
    help: "The coordinator's link: 200Mbit, or 1Gbit,10ms with the delay of one way.",
    transform: LinkSpeed.init(parsing:))
  var link: LinkSpeed?

  @Flag(help: "Without a journal: nothing waits for the disk.")
  var noJournal = false

  @Flag(help: "One line of JSON.")
  var json = false

  private static let codecs = CodecKind.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard parameters.isFinite, (1e5...1e9).contains(parameters) else {
      throw ValidationError("--parameters must be between 1e5 and 1e9, found \(parameters)")
    }
    for (name, value, range) in [
      ("workers", workers, 1...512), ("microbatches", microbatches, 1...4096),
      ("steps", steps, 2...10_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(value)")
    }
  }

  func run() throws {
    var setting = ExchangeBenchmark.Setting()
    setting.parameters = Int(parameters)
    setting.workers = workers
    setting.microbatches = microbatches
    setting.gradientCodec = codec
    setting.parameterCodec = codec
    setting.steps = steps
    setting.isEncrypted = curve
    setting.keepsJournal = !noJournal
    setting.link = link
    let line = ExchangeLine(try ExchangeBenchmark(setting).run(), setting)
    try Answer.print(json ? try line.text() : line.table)
  }
}
