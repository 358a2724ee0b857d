// Probes of features whose worth is known: what holds the label is found, what holds none is not,
// whatever the protocol.

import Basics
import LinearAlgebra
import Probing
import Scenes
import Testing

@Suite("Evaluation of probes") struct ProbeEvaluationTests {
  /// 240 places in twelve blocks and three classes.
  private static let count = 240
  private static let labels = (0..<count).map { $0 * 7 % 3 }
  private static let units = (0..<count).map { $0 / 20 }

  private static func splits() -> [ProbeSplit] {
    func places(_ blocks: [Int]) -> [Int] { (0..<count).filter { blocks.contains(units[$0]) } }
    return (0..<3).map { fold in
      let blocks = (0..<12).filter { $0 % 3 != fold }
      let validation = blocks.filter { $0 % 3 == (fold + 1) % 3 }
      return ProbeSplit(
        choices: [
          .init(
            training: places(blocks.filter { !validation.contains($0) }),
            validation: places(validation))
        ], pool: places(blocks), test: places((0..<12).filter { $0 % 3 == fold }))
    }
  }

  private static func features(_ name: String, signal: Double) -> NamedFeatures {
    var random = CounterRandom(seed: 5, purpose: .benchmark)
    var values = DoubleMatrix(rows: count, columns: 8)
    for row in 0..<count {
      for column in 0..<8 {
        values[row, column] = random.normal() + (column == labels[row] ? signal : 0)
      }
    }
    return NamedFeatures(name: name, values: values)
  }

  private static func evaluation(_ probeProtocol: ProbeProtocol) -> ProbeEvaluation {
    ProbeEvaluation(
      target: .classes(labels, names: ["a", "b", "c"]), splits: splits(), units: units,
      methods: probeProtocol.methods(for: .classes), bootstrap: Bootstrap(count: 300, seed: 1),
      seed: 1)
  }

  @Test("Features that hold the class are told from noise", arguments: ProbeProtocol.allCases)
  func worth(probeProtocol: ProbeProtocol) throws {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let results = try Self.evaluation(probeProtocol).run(
      [Self.features("signal", signal: 4), Self.features("noise", signal: 0)], pool: pool)
    #expect(results.map(\.features) == ["signal", "signal", "noise", "noise"])
    for result in results {
      let accuracy = result.primary
      #expect(accuracy.low <= accuracy.value && accuracy.value <= accuracy.high)
      #expect(result.predictions.allSatisfy { $0.isFinite })
      guard case .classes(let scores) = result.scores else {
        Issue.record("classes have scores of classes")
        continue
      }
      #expect(scores.confusion.total == Self.count && scores.folds.count == 3)
      if result.features == "signal" {
        // PANGAEA's rate of 1e-4 is too small for so few places to be learned from.
        if probeProtocol == .pangaea && result.method.name == "linear" { continue }
        #expect(accuracy.value > 0.9, "\(probeProtocol) \(result.method.name)")
      } else {
        #expect(accuracy.value < 0.5)
      }
    }
  }

  @Test("Results do not depend on the number of threads")
  func threads() throws {
    func run(_ threads: Int) throws -> [[Double]] {
      let pool = ThreadPool(threadCount: threads)
      defer { pool.stop() }
      return try Self.evaluation(.torchgeoBench).run(
        [Self.features("signal", signal: 1)], pool: pool
      ).map { $0.predictions + $0.choices + [$0.primary.low, $0.primary.high] }
    }
    let (one, three) = (try run(1), try run(3))
    #expect(one == three)
  }

  @Test("Numbers are predicted by ridge, whose strength follows the noise")
  func numbers() throws {
    let pool = ThreadPool(threadCount: 1)
    let signal = Self.features("signal", signal: 0)
    let values = (0..<Self.count).map { 3 * signal.values[$0, 0] - signal.values[$0, 5] + 100 }
    var evaluation = Self.evaluation(.torchgeoBench)
    evaluation.target = .numbers(values)
    evaluation.methods = ProbeProtocol.olmoEarth.methods(for: .numbers)
    let results = try evaluation.run(
      [signal, NamedFeatures(name: "noise", values: Self.noise)], pool: pool)
    #expect(results[0].primary.value > 0.999)
    #expect(results[0].choices.allSatisfy { $0 == 1e-4 })
    #expect(results[1].primary.value < 0.1)
    #expect(results[1].choices.allSatisfy { $0 > 0.1 })
    guard case .numbers(let scores) = results[0].scores else {
      Issue.record("numbers have scores of numbers")
      return
    }
    #expect(scores.rootMeanSquare.value < 0.05)
  }

  private static var noise: DoubleMatrix {
    var random = CounterRandom(seed: 6, purpose: .benchmark)
    return DoubleMatrix(
      rows: count, columns: 8, values: (0..<count * 8).map { _ in random.normal() })
  }

  @Test("Folds with too little in them, and features that are not finite, are refused by name")
  func refusals() throws {
    let pool = ThreadPool(threadCount: 1)
    var evaluation = Self.evaluation(.torchgeoBench)
    evaluation.splits[1].test = [3]
    let words = ProbeError.fewInFold(fold: "fold 3 of 5", part: "test on", places: 1).description
    #expect(words.contains("say train, val or test in a field that --split names"))
    #expect(throws: ProbeError.fewInFold(fold: "fold 2 of 3", part: "test on", places: 1)) {
      try evaluation.check()
    }
    evaluation = Self.evaluation(.torchgeoBench)
    evaluation.splits[0].choices[0].training = (0..<Self.count).filter { Self.labels[$0] == 1 }
    #expect(throws: ProbeError.oneClassInFold(fold: "fold 1 of 3", name: "b")) {
      try evaluation.check()
    }
    var broken = Self.noise
    broken[7, 3] = .nan
    #expect(throws: ProbeError.notFinite(features: "pretrained")) {
      try Self.evaluation(.torchgeoBench).run(
        [NamedFeatures(name: "pretrained", values: broken)], pool: pool)
    }
  }

  @Test("The interval of a mean is that of the normal distribution, where there are many places")
  func intervals() {
    // Half of 400 places are right: the deviation of their share is 0.025.
    let truths = (0..<400).map { $0 % 2 }
    let matrix = ConfusionMatrix(
      truths: truths, predictions: truths.map { _ in 0 }, classCount: 2)
    var resampled: [Double] = []
    Bootstrap(count: 2000, seed: 9).forEach(units: 400) { drawn in
      resampled.append(Double(drawn.count { truths[$0] == 0 }) / 400)
    }
    let interval = Bootstrap.interval(matrix.accuracy, resampled: resampled)
    #expect(interval.value == 0.5)
    #expect(abs(interval.low - 0.451) < 0.006 && abs(interval.high - 0.549) < 0.006)
    // numpy.percentile of 0…10 at 2.5 and 97.5.
    let line = Bootstrap.interval(5, resampled: (0...10).map(Double.init) + [.nan])
    #expect(abs(line.low - 0.25) < 1e-12 && abs(line.high - 9.75) < 1e-12)
  }

  @Test("Which kind labels are follows from what they are made of")
  func kinds() throws {
    #expect(ProbeTarget.kind(of: [LabelValue.text("a"), .integer(3)]) == .classes)
    #expect(ProbeTarget.kind(of: [LabelValue.integer(3), .number(0.5)]) == .numbers)
    #expect(ProbeTarget.kind(of: (0..<32).map { LabelValue.integer($0) }) == .classes)
    #expect(ProbeTarget.kind(of: (0..<33).map { LabelValue.integer($0) }) == .numbers)
    func patch(_ label: LabelValue) -> LabelledPatch {
      LabelledPatch(column: 0, row: 0, label: label, number: label.number ?? .nan)
    }
    let target = try ProbeTarget(
      [.integer(10), .integer(9), .integer(10)].map(patch), kind: .classes)
    #expect(target == .classes([1, 0, 1], names: ["9", "10"]))
    #expect(throws: ProbeError.notANumber(label: "lake")) {
      try ProbeTarget([.integer(1), .text("lake")].map(patch), kind: .numbers)
    }
    #expect(throws: ProbeError.tooManyClasses(count: 300)) {
      try ProbeTarget((0..<300).map { patch(.integer($0)) }, kind: .classes)
    }
    // A number that no integer holds has a name too.
    let huge = try ProbeTarget([.number(1e300), .number(2)].map(patch), kind: .classes)
    #expect(huge == .classes([1, 0], names: ["2", "1e+300"]))
  }
}
