// From values to text, and what tells two runs apart.

import Configuration
import Foundations
import NeighborMAE
import Testing

@Suite("A configuration as text")
struct TextTests {
  @Test("The resolved file explains every value")
  func resolved() {
    let yaml = RunConfiguration().resolvedYAML
    #expect(
      yaml.contains(
        """

        # How much is computed.
        training:
          # Optimizer updates of the run.
          # A whole number from 1 to 10000000.
          steps: 300

        """))
    #expect(yaml.contains("\n  folder: 'runs/terrane'\n"))
    #expect(yaml.contains("\n  width: null\n"))
    #expect(yaml.contains("\n  bufferBytes: 1GiB\n"))
    #expect(yaml.contains("\n  coordinatorTimeout: 1m\n"))
  }

  @Test("The resolved file reads back as the same configuration")
  func roundTrip() throws {
    let defaults = RunConfiguration()
    #expect(try RunConfiguration(yaml: defaults.resolvedYAML, path: "") == defaults)

    var other = RunConfiguration()
    other.run.folder = "it's: #1 \"of\" \\ ünïcode 🛰️ "
    other.run.seed = .max
    other.model.preset = .large
    other.model.depth = 1
    other.model.normalizesPatches = false
    other.optimizer.baseLearningRate = 0.1.nextUp
    other.optimizer.epsilon = 1e-16
    other.maskRatio.schedule = .ramp
    other.exchange.bufferBytes = 1_048_577
    other.exchange.parameterCodec = .float32
    other.liveness.heartbeatInterval = .milliseconds(1001)
    other.liveness.longestLease = .seconds(24 * 3600)
    #expect(try RunConfiguration(yaml: other.resolvedYAML, path: "") == other)
  }

  @Test("The reference names every key with its default, meaning and bounds")
  func reference() {
    #expect(
      RunConfiguration.reference.contains(
        """
        workers: The worker processes that terrane train starts on this machine.
          workers.count = 2
              Worker processes; for workers on other machines there is terrane coordinator.
              A whole number from 1 to 1024.
          workers.threads = 1
              Threads of each worker.
              A whole number from 1 to 256.

        """))
  }

  @Test("Both fit a terminal of 100 columns")
  func lineLength() {
    let text = RunConfiguration.reference + RunConfiguration().resolvedYAML
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test("Every property is a key of the file, by the same name and in the same order")
  func completeness() {
    let properties = Mirror(reflecting: RunConfiguration()).children.flatMap { section in
      ["\(section.label ?? ""):"]
        + Mirror(reflecting: section.value).children.map { "  \($0.label ?? ""):" }
    }
    let keys = RunConfiguration().resolvedYAML.split(separator: "\n")
      .filter { !$0.contains("#") }
      .map { String($0.prefix(through: $0.firstIndex(of: ":") ?? $0.startIndex)) }
    #expect(keys == properties)
  }
}

@Suite("The identity of a run")
struct IdentityTests {
  private let base = RunConfiguration()

  @Test(
    "Where and by whom a run is computed does not count",
    arguments: [
      "run.folder=elsewhere", "data.folder=elsewhere", "workers.count=7", "workers.threads=2",
      "exchange.window=1", "exchange.bufferBytes=2MiB", "checkpoints.everySteps=1",
      "checkpoints.keepLast=1", "checkpoints.keepEvery=1", "liveness.longestLease=1h",
      "liveness.heartbeatInterval=2s",
    ])
  func circumstances(override: String) throws {
    let other = try RunConfiguration(yaml: "", path: "", overrides: [override])
    #expect(other != base)
    #expect(other.identity == base.identity)
    #expect(other.differences(from: base).isEmpty)
  }

  @Test(
    "Everything that the numbers depend on counts",
    arguments: [
      "run.seed=2", "model.preset=small", "model.depth=7", "model.normalizesPatches=false",
      "training.steps=301", "training.microbatchesPerStep=5", "training.pairsPerMicrobatch=9",
      "optimizer.baseLearningRate=1e-3", "optimizer.beta2=0.999", "maskRatio.minimum=0.7",
      "maskRatio.schedule=ramp", "exchange.gradientCodec=float32",
      "exchange.parameterCodec=float32", "evaluation.pairs=1",
    ])
  func numbers(override: String) throws {
    let other = try RunConfiguration(yaml: "", path: "", overrides: [override])
    #expect(other.identity != base.identity)
    #expect(other.differences(from: base).map(\.key) == [String(override.prefix { $0 != "=" })])
  }

  @Test("Differences tell both values, in the order of the file")
  func differences() throws {
    let other = try RunConfiguration(
      yaml: "training: {steps: 400}\nmodel: {depth: 2}", path: "", overrides: ["workers.count=1"])
    #expect(
      other.differences(from: base).map(\.description) == [
        "model.depth is 2 here and null there", "training.steps is 400 here and 300 there",
      ])
  }
}
