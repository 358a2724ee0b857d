// The chain of the numbers that equal runs share: the same from the record and from its line.

import Basics
import Observability
import Testing

@Suite("Numbers that equal runs share") struct SharedNumbersTests {
  private static let start = Digest(of: "start")

  private static func step() -> StepRecord {
    StepRecord(
      step: Step(7), weightedLoss: 0.1,
      means: stepMeans(plain: 1.0 / 3, overlap: 0.25, maskRatio: 0.775),
      learningRate: 2.2250738585072014e-308, gradientNorm: 123_456_789.123_456_78, pairs: 32,
      seconds: 0.5,
      workers: 2, bytesIn: 10, bytesOut: 20, digest: Digest(of: "replica"), chain: start)
  }

  private static func evaluation() -> EvaluationRecord {
    EvaluationRecord(
      step: Step(7), weightedLoss: 0.7,
      means: evaluationMeans(plain: 1e-17, patchMean: [-0.0, 2], copy: [1e300, 0.1 + 0.2]),
      pairs: 64, seconds: 3, chain: start)
  }

  private func read(_ record: some MetricsRecord) throws -> MetricsEntry {
    let line = MetricsEntry(record, at: WallTime(milliseconds: 1)).json
    return try #require(MetricsReader.entry(line.utf8))
  }

  @Test("The chain of a line that was read is that of its record, to the last bit")
  func readBack() throws {
    #expect(
      try read(Self.step()).shared?.chain(after: Self.start)
        == SharedNumbers(Self.step()).chain(after: Self.start))
    #expect(
      try read(Self.evaluation()).shared?.chain(after: Self.start)
        == SharedNumbers(Self.evaluation()).chain(after: Self.start))
  }

  @Test("What is not finite has a chain, and that from its line is the same")
  func notFinite() throws {
    var record = Self.step()
    record.gradientNorm = .infinity
    #expect(
      try read(record).shared?.chain(after: Self.start)
        == SharedNumbers(record).chain(after: Self.start))
  }

  private static let changes: [(String, @Sendable (inout StepRecord) -> Void)] = [
    ("weightedLoss", { $0.weightedLoss = $0.weightedLoss.nextUp }),
    ("plainLoss", { $0.means[0].value = $0.means[0].value.nextDown }),
    ("meanIoU", { $0.means[1].value = $0.means[1].value.nextUp }),
    ("meanMaskRatio", { $0.means[2].value = $0.means[2].value.nextUp }),
    ("learningRate", { $0.learningRate = $0.learningRate.nextUp }),
    ("gradientNorm", { $0.gradientNorm = $0.gradientNorm.nextUp }),
    ("pairs", { $0.pairs += 1 }), ("skipped", { $0.isSkipped = true }),
    ("digest", { $0.digest = Digest(of: "other") }),
  ]

  @Test("The last bit of each shared number counts, and is named", arguments: changes.indices)
  func shared(place: Int) {
    let (key, change) = Self.changes[place]
    var record = Self.step()
    change(&record)
    let (numbers, others) = (SharedNumbers(Self.step()), SharedNumbers(record))
    #expect(numbers.chain(after: Self.start) != others.chain(after: Self.start))
    #expect(numbers.difference(from: others)?.key == key)
  }

  @Test("Times, workers and bytes do not count")
  func circumstances() {
    var record = Self.step()
    record.seconds = 9
    record.workers = 9
    record.bytesIn = 9
    record.bytesOut = 9
    let (numbers, others) = (SharedNumbers(Self.step()), SharedNumbers(record))
    #expect(numbers.chain(after: Self.start) == others.chain(after: Self.start))
    #expect(numbers.difference(from: others) == nil)
  }

  @Test("The chain before counts, and which step and kind it is")
  func place() {
    let numbers = SharedNumbers(Self.step())
    var later = Self.step()
    later.step = Step(8)
    #expect(numbers.chain(after: Self.start) != numbers.chain(after: Digest(of: "other")))
    #expect(numbers.chain(after: Self.start) != SharedNumbers(later).chain(after: Self.start))
  }

  @Test("An event shares nothing")
  func event() throws {
    #expect(try read(EventRecord(step: Step(1), event: "joined")).shared == nil)
  }
}
