// `terrane simulate`: runs under simulated faults.

import ArgumentParser
import Basics
import Compression
import Foundation
import Observability
import Simulation
import Synchronization

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run the cluster's own code under simulated faults, one run a seed.",
    discussion: """
      Coordinator, workers, journal and checkpoints are the real ones, with a real model of a \
      thousand parameters; network, clocks and disk are simulated. From its seed each run gets \
      lost, late, doubled and reordered messages, partitions, crashes at any instant, power cuts, \
      stopped processes, jumping clocks, full disks, damaged checkpoints, machines that compute \
      wrongly once, and workers that send wrong gradients. After every event promises are \
      checked (nothing counted twice, no committed step changed or computed again, nothing \
      committed that is not finite, bounded memory), and in the end every run must have the \
      digests of one that nothing disturbed.

      Examples:

        terrane simulate --seeds 10000
        terrane simulate --seed 4711 --trace     # everything that happens in one run
      """)

  @Option(parsing: .unconditional, help: "How many seeds to run. (default: 1000)")
  var seeds: Int?

  @Option(help: "The first seed. (default: 0)")
  var first: UInt64?

  @Option(help: "Run this seed alone.")
  var seed: UInt64?

  @Flag(help: "Print everything that happens (with --seed).")
  var trace = false

  @Option(help: "Threads; the outcomes do not depend on it.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(
    help: """
      Put a fault into the machinery to see it found: \
      \(PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")).
      """)
  var plant: PlantedFault?

  @Option(
    help: """
      How gradients and parameters are written: \
      \(CodecKind.allCases.map(\.rawValue).joined(separator: ", ")).
      """)
  var codec = CodecKind.bfloat16

  func validate() throws {
    if seed != nil && (seeds != nil || first != nil) {
      throw ValidationError("--seed runs one seed alone; leave out --seeds and --first")
    }
    let seeds = seeds ?? Self.usualSeeds
    guard (1...1_000_000_000).contains(seeds) else {
      throw ValidationError("--seeds must be between 1 and 1000000000, found \(seeds)")
    }
    guard first ?? 0 < .max - UInt64(seeds), seed ?? 0 < .max else {
      throw ValidationError("the seeds must end below \(UInt64.max)")
    }
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 1024, found \(threads)")
    }
    if trace && seed == nil { throw ValidationError("--trace needs --seed: it is one run's story") }
  }

  func run() throws {
    let first = seed ?? first ?? 0
    let range = first..<first + UInt64(seed == nil ? seeds ?? Self.usualSeeds : 1)
    let sweep = try SeedSweep(seeds: range, threads: threads, planted: plant, codec: codec)
    if trace, let seed {
      var unwritten: FileError?
      let failure = sweep.trace(seed) { line in
        do throws(FileError) { try Answer.print(line) } catch { unwritten = unwritten ?? error }
      }
      if let unwritten { throw unwritten }
      try Answer.print(
        failure.map { "FAILED: \($0)" } ?? "seed \(seed) ends with the digests of the reference run"
      )
      if failure != nil { throw ExitCode(1) }
      return
    }
    let started = Instant.monotonicNow()
    let result = watch(sweep, of: range.count, from: started)
    let seconds = (Instant.monotonicNow() - started).seconds
    try Answer.print(
      "seeds \(range.lowerBound) to \(range.upperBound - 1): \(HumanFormat.counted(result.runs, "run")), "
        + "\(HumanFormat.counted(result.faults, "fault")), "
        + "\(HumanFormat.counted(result.events, "event")) in "
        + "\(HumanFormat.duration(.seconds(seconds))): \(Int(Double(result.runs) / seconds)) runs/s"
    )
    for failed in result.failed {
      try Answer.print("FAILED \(failed)\n  again: \(command(failed.seed))")
    }
    if result.runs < range.count {
      try Answer.print("\(SeedSweep.failureLimit) seeds failed, so the rest was not run")
    }
    if !result.failed.isEmpty { throw ExitCode(1) }
    try Answer.print("every run ended with the digests of the reference run")
  }

  /// Runs the sweep under a bar on a terminal, and elsewhere with a word now and then; a seed that
  /// fails is named at once.
  private func watch(_ sweep: SeedSweep, of total: Int, from started: Instant) -> SweepProgress {
    let console = Console()
    let bar = ProgressBar(
      title: "Simulating", total: total, unit: "runs", console: console, startingAt: started)
    let told = Mutex((failures: 0, at: started))
    let result = sweep.run { progress in
      let now = Instant.monotonicNow()
      told.withLock {
        for failed in progress.failed.dropFirst($0.failures) { console.log("FAILED \(failed)") }
        $0.failures = progress.failed.count
        if !console.isTerminal && now - $0.at >= Self.wordInterval {
          $0.at = now
          console.log("\(HumanFormat.count(progress.runs)) of \(HumanFormat.count(total)) runs")
        }
      }
      bar.update(done: progress.runs, at: now)
    }
    bar.finish()
    return result
  }

  private static let usualSeeds = 1000
  private static let wordInterval: Duration = .seconds(60)

  private func command(_ seed: UInt64) -> String {
    "terrane simulate --seed \(seed) --trace" + (plant.map { " --plant \($0.rawValue)" } ?? "")
      + (codec == .bfloat16 ? "" : " --codec \(codec.rawValue)")
  }
}

extension PlantedFault: ExpressibleByArgument {}

extension CodecKind: ExpressibleByArgument {}
