// What is wrong with a configuration, word for word as its writer reads it.

import Configuration
import Testing

@Suite("Errors of a configuration")
struct ErrorTests {
  /// The text of the error, or what was read in its place.
  private func message(_ yaml: String, _ overrides: String...) -> String {
    do {
      return "\(try RunConfiguration(yaml: yaml, path: "run.yaml", overrides: overrides))"
    } catch {
      return "\(error)"
    }
  }

  @Test("A misspelt key is named with its place and the nearest one")
  func misspelt() {
    #expect(
      message("training:\n  stepps: 3")
        == "run.yaml:2:3: unknown key 'training.stepps'; did you mean training.steps?")
    #expect(
      message("optimizer:\n  base_learning_rate: 3")
        == "run.yaml:2:3: unknown key 'optimizer.base_learning_rate'; "
        + "did you mean optimizer.baseLearningRate?")
    #expect(message("traning: {}") == "run.yaml:1:1: unknown key 'traning'; did you mean training?")
  }

  @Test("What is said of neighbours has no meaning for an objective that sees none")
  func neighboursOfNone() {
    for override in ["data.neighbourChoice=uniform", "data.neighbourDates=same", "data.maxDays=3"] {
      #expect(
        message("model:\n  objective: mae", override)
          == "--set \(override): model.objective (mae) sees no neighbours: leave out "
          + "data.neighbourChoice, data.neighbourDates and data.maxDays")
    }
    #expect(
      message("data:\n  maxDays: 3\nmodel:\n  objective: mae")
        == "run.yaml:4:14: model.objective (mae) sees no neighbours: leave out "
        + "data.neighbourChoice, data.neighbourDates and data.maxDays")
    #expect(
      message("model:\n  objective: simclr")
        == "run.yaml:2:14: model.objective must be one of neighbormae, mae, satmae++, found 'simclr'"
    )
  }

  @Test("An arithmetic that is none names those that are")
  func arithmetic() {
    #expect(
      message("model:\n  arithmetic: float16")
        == "run.yaml:2:15: model.arithmetic must be one of float32, bfloat16, found 'float16'")
  }

  @Test("Switches of ablations are refused where nothing comes of them")
  func ablations() {
    for override in ["data.neighbourDates=other", "data.maxDays=3"] {
      #expect(
        message("data:\n  neighbourChoice: none", override)
          == "--set \(override): data.neighbourChoice (none) makes pairs of one chip, which has one "
          + "date: leave out data.neighbourDates and data.maxDays")
    }
    #expect(
      message("model:\n  lossWeights: one\n  objective: mae")
        == "run.yaml:3:14: model.objective (mae) has no pairs whose errors could be weighed: leave "
        + "out model.lossWeights")
    #expect(!message("maskRatio: {minimum: 0.8, maximum: 0.8}").hasPrefix("run.yaml"))
  }

  @Test("Doublings are for the objective that has some, and within the bounds of an image")
  func upsamplings() {
    #expect(
      message("model:\n  upsamplings: 2")
        == "run.yaml:2:16: model.objective (neighbormae) doubles nothing: leave out "
        + "model.upsamplings, or let model.objective be satmae++")
    #expect(
      message("model:\n  objective: satmae++\n  upsamplings: 3")
        == "run.yaml:3:16: model.upsamplings must be a whole number from 1 to 2, found '3'")
    #expect(
      message("model:\n  objective: satmae++\n  imageSide: 4096\n  patchSide: 64").contains(
        "upsamplings 1 must be at most 2, and double an image side of 4096 to at most 4096"))
  }

  @Test("A key in the wrong section is found in the right one")
  func wrongSection() {
    #expect(
      message("training:\n  weightDecay: 0.1")
        == "run.yaml:2:3: unknown key 'training.weightDecay'; did you mean optimizer.weightDecay?")
  }

  @Test("A key like none is answered with those there are")
  func unlike() {
    #expect(
      message("workers:\n  somethingElse: 3")
        == "run.yaml:2:3: unknown key 'workers.somethingElse'; "
        + "known are workers.count, workers.threads")
  }

  @Test(
    "A wrong type or a value out of bounds is answered with what is allowed",
    arguments: [
      ("training.steps", ["many", "0", "'3'", "1.5"], "a whole number from 1 to 10000000"),
      ("workers.count", ["-1", "0"], "a whole number from 1 to 1024"),
      ("run.seed", ["18446744073709551616"], "a whole number from 0 to 18446744073709551615"),
      ("optimizer.beta1", ["1", "nan"], "a number from 0 to below 1"),
      ("optimizer.weightDecay", ["1e400", "0x1p-3"], "a number from 0 to 1"),
      ("model.normalizesPatches", ["yes"], "true or false"),
      ("model.preset", ["huge"], "one of tiny, small, base, large"),
      ("model.depth", ["257"], "a whole number from 1 to 256, or null for the preset's"),
      ("run.folder", ["''", "null"], "a path of 1 to 4096 printable characters"),
      (
        "exchange.bufferBytes", ["1MB", "9999999TiB"],
        "a size from 1MiB to 1TiB, in bytes or like 512MiB"
      ),
      (
        "liveness.longestLease", ["10", "99999999999h", "-5s"],
        "a duration from 10ms to 24h, like 500ms, 10s, 2m or 1h"
      ),
    ])
  func refused(name: String, values: [String], allowed: String) {
    let parts = name.split(separator: ".")
    for value in values {
      let plain = value.filter { $0 != "'" }
      #expect(
        message("\(parts[0]):\n  \(parts[1]): \(value)")
          == "run.yaml:2:\(parts[1].count + 5): \(name) must be \(allowed), found '\(plain)'")
    }
  }

  @Test("A path with a line break is refused")
  func lineBreak() {
    #expect(
      message(#"run: {folder: "a\nb"}"#).hasPrefix("run.yaml:1:15: run.folder must be a path"))
  }

  @Test("A map or list where one value belongs, and one value where a map belongs")
  func shapes() {
    #expect(
      message("training:\n  steps: [1, 2]")
        == "run.yaml:2:10: training.steps must be one value, found a list or map")
    #expect(
      message("data:\n  folder: [[a], b]")
        == "run.yaml:2:11: data.folder must be one value, found a map or a list of others")
    #expect(
      message("data: {folder: []}").contains(
        "data.folder must be a path of 1 to 4096 printable characters, or a list of them, found"))
    #expect(
      message("data: {maxDays: -1}").hasSuffix(
        "data.maxDays must be a whole number from 0 to 100000, or any, found '-1'"))
    #expect(
      message("training: 5") == "run.yaml:1:11: training must hold lines of 'key: value'")
    #expect(message("- 1\n- 2") == "run.yaml:1:1: the file must hold lines of 'key: value'")
  }

  @Test("A key given twice is refused where it is first given")
  func duplicate() {
    #expect(
      message("training:\n  steps: 1\n  steps: 2")
        == "run.yaml:2:3: 'steps' is given more than once in the same place; keep one")
  }

  @Test(
    "What is no YAML is refused at its line",
    arguments: [
      ("training:\n\tsteps: 3", "2:1"), ("training: {steps: 3", "2:1"),
      ("a: *nowhere", "1:4"), ("--- {}\n--- {}", "2:1"), ("run:\n  seed: \u{1}", "2:9"),
    ])
  func noYAML(yaml: String, place: String) {
    #expect(message(yaml).hasPrefix("run.yaml:\(place): this is not YAML: "), "\(message(yaml))")
  }

  @Test("A file nested ten thousand deep is an error, not a crash")
  func nested() {
    let yaml = String(repeating: "[", count: 10_000)
    #expect(message(yaml).contains("this is not YAML"))
  }

  @Test("Arguments are named as they were given")
  func arguments() {
    #expect(
      message("", "training.steps") == "--set training.steps: expected section.key=value, "
        + "like training.steps=100")
    #expect(
      message("", "training.step=5")
        == "--set training.step=5: unknown key 'training.step'; did you mean training.steps?")
    #expect(
      message("", "workers.threads=")
        == "--set workers.threads=: workers.threads must be a whole number from 1 to 256, found ''")
  }

  @Test("All that is wrong is told at once, in order")
  func all() {
    #expect(
      message("training:\n  steps: 0\nworkers:\n  cuont: 1", "run.sed=1")
        == """
        run.yaml:2:10: training.steps must be a whole number from 1 to 10000000, found '0'
        run.yaml:4:3: unknown key 'workers.cuont'; did you mean workers.count?
        --set run.sed=1: unknown key 'run.sed'; did you mean run.seed?
        """)
  }

  @Test("A very long word is shortened")
  func long() {
    let word = String(repeating: "x", count: 100_000)
    #expect(message("", "run.seed=" + word).count < 100_300)
    #expect(message("training: {steps: \(word)}").count < 200)
    #expect(message("\(word.prefix(500)): 3").count < 300)
  }
}

@Suite("What must hold between values")
struct RuleTests {
  @Test(
    "A combination that makes no sense is refused where its last value was given",
    arguments: [
      (
        "maskRatio: {minimum: 0.9}",
        "1:22: maskRatio.minimum (0.9) must not be above maskRatio.maximum (0.85)"
      ),
      (
        "maskRatio: {startMinimum: 0.8}",
        "1:27: maskRatio.startMinimum (0.8) must not be above maskRatio.startMaximum (0.7)"
      ),
      (
        "liveness:\n  shortestLease: 11m",
        "2:18: liveness.shortestLease (11m) must not be above liveness.longestLease "
          + "(10m)"
      ),
      (
        "liveness: {coordinatorTimeout: 5s}",
        "1:32: liveness.heartbeatTimeout (10s) must not be above "
          + "liveness.coordinatorTimeout (5s)"
      ),
      (
        "liveness: {heartbeatInterval: 5s}",
        "1:31: liveness.heartbeatTimeout (10s) must be more than twice "
          + "liveness.heartbeatInterval (5s), or one late message ends a worker"
      ),
      (
        "optimizer: {minimumLearningRate: 0.1}",
        "1:34: optimizer.minimumLearningRate (0.1) must not be above the peak of 3.75e-05, "
          + "which is baseLearningRate · images per step / 256"
      ),
      (
        "model: {patchSide: 7}",
        "1:20: model: image side 96 must be a multiple of patch side 7, at most 4096"
      ),
      (
        "maskRatio: {minimum: 0.999, maximum: 0.999}",
        "1:38: a mask ratio of 0.999 leaves 0 of 144 patches visible; "
          + "some must be visible and some hidden"
      ),
      (
        "maskRatio: {minimum: 0}",
        "1:22: a mask ratio of 0.0 leaves 144 of 144 patches visible; "
          + "some must be visible and some hidden"
      ),
    ])
  func refused(yaml: String, expected: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(yaml: yaml, path: "run.yaml")
    }
    #expect(error?.description == "run.yaml:" + expected)
  }

  @Test("An argument that breaks with the file is named, not the file")
  func argumentAgainstFile() {
    let error = #expect(throws: ConfigurationError.self) {
      try RunConfiguration(
        yaml: "maskRatio: {maximum: 0.8}", path: "run.yaml", overrides: ["maskRatio.minimum=0.9"])
    }
    #expect(
      error?.description == "--set maskRatio.minimum=0.9: "
        + "maskRatio.minimum (0.9) must not be above maskRatio.maximum (0.8)")
  }

  @Test("The start of a ramp matters to a ramp alone")
  func ramp() throws {
    let start = "maskRatio.startMinimum=0"
    _ = try RunConfiguration(yaml: "", path: "", overrides: [start])
    #expect(throws: ConfigurationError.self) {
      try RunConfiguration(yaml: "", path: "", overrides: [start, "maskRatio.schedule=ramp"])
    }
  }
}
