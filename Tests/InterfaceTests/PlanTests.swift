// `terrane plan`: what it says of a run that has not begun, and that it leaves nothing behind.

import Foundation
import TestSupport
import Testing

@Suite("terrane plan") struct PlanTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  /// What of the answer is looked at.
  private struct Plan: Decodable {
    struct Row: Decodable {
      let workers: Int
      let stepS: Double
      let pairsPerS: Double
      let limit: String
    }
    let parameters: Int
    let workers: Int
    let threads: Int
    let link: String?
    let stepS: Double
    let computingS: Double
    let linkS: Double
    let coordinatorWorkS: Double
    let delayS: Double
    let pairsPerS: Double
    let totalS: Double
    let passes: Double?
    let outBytesPerStep: Double
    let coordinatorPeakBytes: Int
    let coordinatorLeastBytes: Int
    let workerPeakBytes: Int
    let checkpointBytes: Int
    let limit: String
    let fewestWorkersAsFast: Int
    let scaling: [Row]
    let advice: [String]
    let unknown: [String]
  }

  /// A model of a moment.
  private func file(data: String) throws -> String {
    try scratch.write(
      """
      run: {folder: "\(scratch.file("runs/planned"))"}
      data: {folder: "\(data)"}
      model:
        {imageSide: 32, width: 64, depth: 2, heads: 2, decoderWidth: 32, decoderDepth: 1,
        decoderHeads: 2}
      training: {steps: 100, microbatchesPerStep: 4, pairsPerMicrobatch: 2}

      """, to: "run.yaml")
    return scratch.file("run.yaml")
  }

  private func plan(_ arguments: String...) throws -> Plan {
    let outcome = try run(Repository.terrane, ["plan", "--json"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Plan.self, from: Data(outcome.output.utf8))
  }

  @Test("Without a dataset it plans all the same, says what is unknown, and leaves nothing")
  func withoutData() throws {
    let file = try file(data: scratch.file("nowhere"))
    let plan = try plan(file, "--workers", "8", "--threads", "1", "--link", "1Gbit,10ms")
    #expect((plan.workers, plan.threads) == (8, 1))
    #expect(plan.link == "1 Gbit/s, 10 ms one way")
    #expect(plan.passes == nil)
    #expect(plan.unknown.contains { $0.contains("no dataset is at \(scratch.file("nowhere"))") })
    let parts = plan.computingS + plan.linkS + plan.coordinatorWorkS + plan.delayS
    #expect(abs(parts - plan.stepS) < 1e-9)
    // One turn and two round trips beside it.
    #expect(plan.delayS >= 3 * 0.02 - 1e-9)
    #expect(plan.checkpointBytes == 16 * plan.parameters)
    #expect(plan.coordinatorLeastBytes == 36 * plan.parameters)
    #expect(plan.coordinatorPeakBytes > plan.coordinatorLeastBytes)
    #expect(plan.workerPeakBytes > 8 * plan.parameters)
    #expect(plan.scaling.map(\.workers) == [1, 2, 4, 8])
    #expect(plan.scaling.last?.stepS == plan.stepS)
    #expect(plan.fewestWorkersAsFast <= 4)
    #expect(plan.advice.contains { $0.hasPrefix("4 of 8 workers have nothing to do") })
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(left == ["run.yaml"])
  }

  @Test("With a dataset it knows how often a chip is seen, and how long it takes to read")
  func withData() throws {
    let data = try SampleDataset.folder()
    let plan = try plan(try file(data: data), "--set", "workers.count=2")
    #expect(plan.workers == 2 && plan.link == nil)
    #expect(plan.linkS == 0 && plan.delayS == 0)
    #expect(try #require(plan.passes) > 0)
    #expect(plan.unknown.isEmpty)
  }

  @Test("A speed that is given is what one worker trains, but for the exchange")
  func givenSpeed() throws {
    let file = try file(data: scratch.file("nowhere"))
    let plan = try plan(file, "--workers", "1", "--threads", "1", "--speed", "0.5")
    // 4 microbatches of 2 pairs at half a pair a second.
    #expect(plan.computingS == 16)
    #expect(plan.limit == "computing")
    #expect(plan.pairsPerS < 0.5)
  }

  @Test("The page has every section, and progress is no part of it")
  func page() throws {
    let file = try file(data: scratch.file("nowhere"))
    let outcome = try terrane("plan", file, "--workers", "2", "--speed", "10", "--link", "1Gbit")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    for title in [
      "Time", "Traffic of the coordinator's link", "Memory, at its peak",
      "Disk of the coordinator", "More workers",
    ] { #expect(lines.contains(title), "\(outcome.output)") }
    #expect(lines.contains("speed: 10.0 pairs/s a worker, as given"))
    #expect(!outcome.output.contains("measuring"))
    #expect(outcome.errors.contains("measuring an exchange between a coordinator and two workers"))
  }

  @Test(
    "What cannot be planned is said with what to do",
    arguments: [
      (["--workers", "0"], 64, "--workers must be between 1 and 4096, found 0"),
      (["--speed", "0"], 64, "--speed must be between 0.000001 and 1e9"),
      (["--speed", "nan"], 64, "--speed must be between"),
      (["--threads", "257"], 64, "--threads must be between 1 and 256"),
      (["--bands", "0"], 64, "--bands must be between 1 and 1024"),
      (["--link", "10ms"], 64, "'10ms' is not a rate"),
      (["--set", "training.steps=0"], 64, "training.steps"),
      (["/nowhere/run.yaml"], 1, "/nowhere/run.yaml"),
    ])
  func refusals(arguments: [String], status: Int32, words: String) throws {
    let outcome = try run(Repository.terrane, ["plan"] + arguments)
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test("Bands are the dataset's own where it is here")
  func bands() throws {
    let file = try file(data: try SampleDataset.folder())
    let outcome = try terrane("plan", file, "--bands", "4")
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains("--bands is for a dataset that is not here"))
  }
}
