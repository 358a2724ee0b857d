// From values to text, and what tells two runs apart.

import Basics
import Configuration
import Foundation
import MaskedAutoencoding
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
    #expect(yaml.contains("\n  width: 192\n"))
    #expect(!yaml.contains(": null\n"))
    #expect(yaml.contains("\n  bufferBytes: 1GiB\n"))
    #expect(yaml.contains("\n  coordinatorTimeout: 1m\n"))
  }

  @Test("A run's own file that lacks a value or its end is damaged, however it was cut")
  func damaged() throws {
    let folder = try Files.createPrivateFolder(
      under: FileManager.default.temporaryDirectory.path, prefix: "terrane-tests-")
    defer { try? Files.remove(folder) }
    let path = folder + "/configuration.yaml"
    let band = InputBand(name: "red", mean: 1, standardDeviation: 2, unit: nil)
    var configuration = RunConfiguration()
    configuration.checkpoints.keepEvery = 100
    let whole = configuration.resolvedYAML(input: [band], datasets: [])
    try Files.writeDurably(whole, to: path)
    #expect(try RunConfiguration.load(resolved: path) == configuration)
    let changed = try RunConfiguration.load(resolved: path, overrides: ["workers.count=9"])
    #expect(changed.workers.count == 9)

    func problem(of text: String) throws -> String {
      try Files.writeDurably(text, to: path)
      let error = #expect(throws: DamagedConfiguration.self) {
        try RunConfiguration.load(resolved: path)
      }
      return error.map { "\($0)" } ?? ""
    }
    for count in stride(from: 0, to: whole.utf8.count, by: 37) {
      let text = try problem(of: String(decoding: whole.utf8.prefix(count), as: UTF8.self))
      #expect(text.hasPrefix("\(path) is damaged: it "), "\(count)")
    }
    #expect(try problem(of: "").contains("damaged: it is empty. "))
    let withoutKey = whole.replacing("  keepEvery: 100\n", with: "")
    #expect(try problem(of: withoutKey).contains("damaged: it lacks checkpoints.keepEvery. "))
  }

  @Test("The resolved file reads back as the same configuration")
  func roundTrip() throws {
    let defaults = RunConfiguration()
    #expect(try RunConfiguration(yaml: defaults.resolvedYAML, path: "") == defaults)

    var other = RunConfiguration()
    other.run.folder = "it's: #1 \"of\" \\ ünïcode 🛰️ "
    other.run.seed = .max
    other.data.folder = ["a, b", "[c]", "it's"]
    other.data.neighbourDates = .other
    other.data.maxDays = 30
    other.data.normalization = .quantiles
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

  @Test("Overrides make one configuration of another, whatever its values look like")
  func overrides() throws {
    var other = RunConfiguration()
    other.data.folder = ["it's", "[c], d"]
    other.evaluation.probe = "'quoted' #1: labels.gpkg"
    other.evaluation.probeField = "none of these"
    other.evaluation.everySteps = 7
    other.workers.count = 3
    other.liveness.longestLease = .seconds(7200)
    other.run.folder = "elsewhere"
    let defaults = RunConfiguration()
    let overrides = other.overrides(of: defaults)
    var expected = other
    expected.run.folder = defaults.run.folder
    let read = try RunConfiguration(
      yaml: defaults.resolvedYAML, path: "", overrides: overrides)
    #expect(read == expected, "\(overrides)")
    #expect(other.overrides(of: other).isEmpty)
    // How often is evaluated decides what lines there are, and no number of a step.
    let differences = other.differences(from: defaults).map(\.key)
    #expect(differences.isEmpty && other.identity != defaults.identity, "\(differences)")
  }

  @Test("The presets' numbers, written out, are the same run, and go with the preset")
  func presets() throws {
    let defaults = RunConfiguration()
    let written = try RunConfiguration(yaml: "model: {width: 192, depth: 6}", path: "")
    #expect(written == defaults && written.identity == defaults.identity)
    var resolved = defaults
    resolved.model.width = 192
    #expect(resolved.identity == defaults.identity)
    #expect(resolved.differences(from: defaults).isEmpty)
    let small = try RunConfiguration(
      yaml: defaults.resolvedYAML, path: "", overrides: ["model.preset=small"])
    let expected = ModelPreset.small.configuration(channels: 4)
    #expect(try small.modelConfiguration(channels: 4) == expected)
    // What is not the preset's stays.
    let narrow = try RunConfiguration(
      yaml: "model: {width: 96}", path: "", overrides: ["model.preset=small"])
    #expect(try narrow.modelConfiguration(channels: 4).width == 96)
  }

  @Test("What the model is given is written for readers and passed over when it is read")
  func input() throws {
    let bands = [
      InputBand(name: "red", mean: 6785.5, standardDeviation: 734.25, unit: nil),
      InputBand(
        name: "it's: #1\n{\u{1B}\u{2028}", mean: -1e-5, standardDeviation: 1, unit: "K"),
    ]
    let datasets = [Digest(of: "one"), Digest(of: "two")]
    let defaults = RunConfiguration()
    let valueCount = Mirror(reflecting: defaults).children.reduce(0) {
      $0 + Mirror(reflecting: $1.value).children.count
    }
    let yaml = defaults.resolvedYAML(input: bands, datasets: datasets)
    #expect(try RunConfiguration(yaml: yaml, path: "") == defaults)
    #expect(
      yaml.hasSuffix(
        """

        # What the model is given. Told by the dataset; a change here changes nothing.
        input:
          # The model's channels in order; it sees (value - mean) / standardDeviation.
          bands:
            - name: 'red'
              mean: 6785.5
              standardDeviation: 734.25
            - name: 'it''s: #1{'
              mean: -1e-05
              standardDeviation: 1.0
              unit: 'K'
          # The versions of the datasets that the run goes on with.
          datasets:
            - '\(datasets[0])'
            - '\(datasets[1])'
        # The end of \(valueCount) values.

        """))
    #expect(throws: ConfigurationError.self) {
      try RunConfiguration(yaml: "", path: "", overrides: ["input.bands=3"])
    }
    // A value that stands in the wrong section would be passed over with it.
    do {
      _ = try RunConfiguration(yaml: "input:\n  imageSide: 64\n", path: "run.yaml")
      Issue.record("a value was passed over")
    } catch {
      #expect(
        "\(error)".contains("unknown key 'input.imageSide'; known are bands, datasets"), "\(error)")
    }
  }

  @Test("The reference shows the presets in numbers")
  func presetTable() {
    let lines = RunConfiguration.reference.split(separator: "\n").map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(lines.contains("model.preset tiny small base large"))
    #expect(lines.contains("width 192 384 768 1024"))
    #expect(lines.contains("decoderHeads 4 8 16 16"))
    let count = ModelPreset.tiny.configuration(channels: 3).parameterLayout.count
    #expect(lines.contains { $0.hasPrefix("parameters, of 3 bands \(HumanFormat.count(count)) ") })
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
      "checkpoints.keepLast=1", "checkpoints.keepEvery=1", "checkpoints.keepBest=true",
      "checkpoints.keepJournal=true",
      "liveness.longestLease=1h",
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
      "run.seed=2", "model.objective=mae", "model.objective=satmae++", "model.preset=small",
      "model.depth=7",
      "model.normalizesPatches=false",
      "training.steps=301", "training.microbatchesPerStep=5", "training.pairsPerMicrobatch=9",
      "optimizer.baseLearningRate=1e-3", "optimizer.beta2=0.999", "optimizer.clipNorm=1",
      "optimizer.average=0.99",
      "optimizer.onDivergence=skip", "optimizer.divergenceFactor=5", "maskRatio.minimum=0.7",
      "maskRatio.schedule=ramp", "exchange.gradientCodec=float32",
      "exchange.parameterCodec=float32", "evaluation.pairs=1", "data.neighbourDates=same",
      "data.maxDays=0", "data.normalization=quantiles", "data.flips=horizontal",
      "data.neighbourChoice=none", "model.lossWeights=one",
    ])
  func numbers(override: String) throws {
    let other = try RunConfiguration(yaml: "", path: "", overrides: [override])
    #expect(other.identity != base.identity)
    #expect(other.differences(from: base).map(\.key) == [String(override.prefix { $0 != "=" })])
  }

  @Test("A run that does not use what was added later keeps the identity that it had")
  func stable() {
    // As the release before gave it.
    #expect("\(base.identity)" == "b460771c5f5b36eaeaa03d9250af17f6")
  }

  @Test("The versions that a run began with are read back from its file")
  func versions() throws {
    let folder = try Files.createPrivateFolder(
      under: FileManager.default.temporaryDirectory.path, prefix: "terrane-tests-")
    defer { try? Files.remove(folder) }
    let path = folder + "/configuration.yaml"
    let digests = [Digest(of: "one"), Digest(of: "two")]
    try Files.writeDurably(base.resolvedYAML(input: [], datasets: digests), to: path)
    #expect(try RunConfiguration.datasetDigests(resolved: path) == digests)
    try Files.writeDurably(base.resolvedYAML, to: path)
    #expect(try RunConfiguration.datasetDigests(resolved: path) == [])
  }

  @Test("Differences tell both values, in the order of the file")
  func differences() throws {
    let other = try RunConfiguration(
      yaml: "training: {steps: 400}\nmodel: {depth: 2}", path: "", overrides: ["workers.count=1"])
    #expect(
      other.differences(from: base).map(\.description) == [
        "model.depth is 2 here and 6 there", "training.steps is 400 here and 300 there",
      ])
  }
}
