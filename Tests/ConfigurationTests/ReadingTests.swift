// From YAML and arguments to values.

import Basics
import Configuration
import MaskedAutoencoding
import Testing

@Suite("Reading a configuration")
struct ReadingTests {
  private func read(_ yaml: String, _ overrides: String...) throws -> RunConfiguration {
    try RunConfiguration(yaml: yaml, path: "run.yaml", overrides: overrides)
  }

  @Test(
    "What is left out keeps its default",
    arguments: ["", "# a comment\n", "training:\n", "training: ~\nmodel: {}\n"])
  func defaults(yaml: String) throws {
    #expect(try read(yaml) == RunConfiguration())
  }

  @Test("One dataset, or a list of several, in a file and as an argument")
  func datasets() throws {
    #expect(try read("data: {folder: a}").data.folder == ["a"])
    #expect(try read("data:\n  folder:\n    - a\n    - 'b, c'").data.folder == ["a", "b, c"])
    #expect(try read("", "data.folder=[a, 'b, c']").data.folder == ["a", "b, c"])
    #expect(try read("", "data.folder=a,b").data.folder == ["a,b"])
    let folders = ["[a]", "it's, here"]
    #expect(try read("", RunConfiguration.override(ofData: folders)).data.folder == folders)
    #expect(try read("data: {maxDays: 3}").data.maxDays == 3)
    #expect(try read("data: {maxDays: any}").data.maxDays == nil)
  }

  @Test("A value of every kind arrives")
  func everyKind() throws {
    let configuration = try read(
      """
      run:
        folder: "runs/a b: c"
        seed: 18446744073709551615
      model:
        preset: small
        normalizesPatches: false
        depth: 3
      optimizer: {baseLearningRate: 3e-4, beta2: 0.999, clipNorm: 1,
        onDivergence: skip, divergenceFactor: 4.5}
      maskRatio:
        schedule: ramp
      exchange:
        gradientCodec: float32
        bufferBytes: 512MiB
      liveness:
        heartbeatInterval: 500ms
        coordinatorTimeout: 2m
        longestLease: 1 h
      """)
    var expected = RunConfiguration()
    expected.run.folder = "runs/a b: c"
    expected.run.seed = .max
    expected.model.preset = .small
    expected.model.normalizesPatches = false
    expected.model.depth = 3
    expected.optimizer.baseLearningRate = 3e-4
    expected.optimizer.beta2 = 0.999
    expected.optimizer.clipNorm = 1
    expected.optimizer.onDivergence = .skip
    expected.optimizer.divergenceFactor = 4.5
    expected.maskRatio.schedule = .ramp
    expected.exchange.gradientCodec = .float32
    expected.exchange.bufferBytes = 536_870_912
    expected.liveness.heartbeatInterval = .milliseconds(500)
    expected.liveness.coordinatorTimeout = .seconds(120)
    expected.liveness.longestLease = .seconds(3600)
    #expect(configuration == expected)
  }

  @Test("A size may be a plain number of bytes")
  func plainBytes() throws {
    #expect(try read("exchange: {bufferBytes: 1048577}").exchange.bufferBytes == 1_048_577)
  }

  @Test("Arguments override the file, the last one of a key wins")
  func overrides() throws {
    let configuration = try read(
      "training: {steps: 10}\nmodel: {depth: 2}", "training.steps=20", "training.steps=30",
      "model.depth=null", "run.folder=runs/a=b")
    #expect(configuration.training.steps == 30)
    #expect(configuration.model.depth == nil)
    #expect(configuration.run.folder == "runs/a=b")
  }

  @Test("The model is the preset with the run's differences")
  func model() throws {
    let model = try read("model: {preset: tiny, width: 64, heads: 2, normalizesPatches: false}")
      .modelConfiguration(channels: 13)
    var expected = ModelPreset.tiny.configuration(channels: 13)
    expected.width = 64
    expected.heads = 2
    expected.normalizesPatches = false
    #expect(model == expected)
  }

  @Test("Products are those of float32 unless the run says otherwise, and part of what it is")
  func arithmetic() throws {
    #expect(try read("").modelConfiguration(channels: 3).arithmetic == .float32)
    let rounded = try read("model: {arithmetic: bfloat16}")
    #expect(try rounded.modelConfiguration(channels: 3).arithmetic == .bfloat16)
    #expect(try rounded.modelConfiguration(channels: 3) != read("").modelConfiguration(channels: 3))
  }

  @Test("A dataset with more bands than a model can have is refused")
  func channels() {
    #expect(throws: ModelConfigurationError.self) {
      try RunConfiguration().modelConfiguration(channels: 1025)
    }
  }

  @Test("The peak learning rate is the base one by 256 images a step")
  func peak() throws {
    let configuration = try read(
      """
      training: {microbatchesPerStep: 4, pairsPerMicrobatch: 64}
      optimizer: {baseLearningRate: 1e-3}
      """)
    #expect(configuration.peakLearningRate == 2e-3)
  }

  @Test("A file is read, and a missing one is named")
  func files() throws {
    let path = "/tmp/terrane-configuration-\(UInt64.random(in: 0 ... .max)).yaml"
    #expect(throws: FileError.self) { try RunConfiguration.load(path) }
    try Files.writeDurably("training: {steps: 7}", to: path)
    defer { try? Files.remove(path) }
    let configuration = try RunConfiguration.load(path, overrides: ["run.seed=9"])
    #expect(configuration.training.steps == 7)
    #expect(configuration.run.seed == 9)
  }

  @Test("Without a file there are the defaults and the arguments")
  func noFile() throws {
    #expect(try RunConfiguration.load(nil, overrides: ["run.seed=9"]).run.seed == 9)
  }
}
