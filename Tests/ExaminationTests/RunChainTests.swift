// Whether recorded numbers hang together, and where those of two runs part.

import Basics
import Coordination
import Examination
import NeighborMAE
import Observability
import TestSupport
import Testing

private func means(_ measures: [Measure], _ values: [Double]) -> [MeasuredMean] {
  zip(measures, values).map { MeasuredMean($0, $1) }
}

@Suite("The chain of a run") struct RunChainTests {
  private static let start = Digest(of: "start")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Four steps, each evaluated.
  /// - Parameters:
  ///   - change: what differs from the usual numbers, before the chain is made.
  ///   - tamper: what differs after that.
  ///   - skipped: a step without a line.
  ///   - unevaluated: a step whose evaluation has no line.
  private func chain(
    _ change: (inout StepRecord, inout EvaluationRecord) -> Void = { _, _ in },
    tamper: (inout StepRecord, inout EvaluationRecord) -> Void = { _, _ in }, skipped: Int? = nil,
    unevaluated: Int? = nil
  ) throws -> RunChain {
    let path = folder.file("metrics-\(UInt64.random(in: 0 ... .max)).jsonl")
    let log = try MetricsFile(continuing: MetricsScan(path: path, runIdentity: "run"))
    var chain = Self.start
    for index in 1...4 {
      var step = StepRecord(
        step: Step(index: index), weightedLoss: 1,
        means: means(ObjectiveMeasures.neighborMAE.training, [1, 0.5, 0.75]), learningRate: 0.1,
        gradientNorm: 2, pairs: 8, seconds: .random(in: 1...2), workers: 1,
        bytesIn: .random(in: 1...1000), bytesOut: 1, digest: Digest(of: "\(index)"), chain: chain)
      var evaluation = EvaluationRecord(
        step: step.step, weightedLoss: 0.5,
        means: means(ObjectiveMeasures.neighborMAE.evaluation, [0.25, 0.5, 0.25, 0.5, 0.25]),
        pairs: 4,
        seconds: .random(in: 1...2), chain: chain)
      change(&step, &evaluation)
      step.chain = SharedNumbers(step).chain(after: chain)
      evaluation.chain = SharedNumbers(evaluation).chain(after: step.chain)
      chain = evaluation.chain
      tamper(&step, &evaluation)
      if index != skipped { try log.append(step, at: WallTime(milliseconds: 1)) }
      if index != unevaluated { try log.append(evaluation, at: WallTime(milliseconds: 2)) }
    }
    return try RunChain(MetricsScan(path: path, runIdentity: "run"))
  }

  @Test("A chain as it was made is unbroken, whatever times and bytes were")
  func unbroken() throws {
    let (first, second) = (try chain(), try chain())
    #expect(first.firstBreak(start: Self.start) == nil)
    #expect(first.stepCount == 4 && first.missing(upTo: Step(5)) == [Step(5)])
    #expect(first.compare(with: second).common == 4)
    #expect(first.compare(with: second).parting == nil)
  }

  @Test("It begins at the run's own start")
  func otherStart() throws {
    guard
      case .broken(line: 1, step: Step(1), _, _, _)? = try chain().firstBreak(
        start: Digest(of: "other"))
    else {
      Issue.record("nothing is broken")
      return
    }
  }

  @Test(
    "A number that does not belong to its chain breaks it there, in a step and in an evaluation")
  func broken() throws {
    let step = try chain(tamper: { step, _ in
      if step.step == Step(3) { step.means[1].value += 0.125 }
    })
    guard
      case .broken(line: 5, step: Step(3), isEvaluation: false, _, _)? = step.firstBreak(
        start: Self.start)
    else {
      Issue.record("found \(step.firstBreak(start: Self.start).debugDescription)")
      return
    }
    let evaluation = try chain(tamper: { step, evaluation in
      if step.step == Step(2) { evaluation.means[4].value += 0.125 }
    })
    guard
      case .broken(line: 4, step: Step(2), isEvaluation: true, _, _)? =
        evaluation.firstBreak(start: Self.start)
    else {
      Issue.record("found \(evaluation.firstBreak(start: Self.start).debugDescription)")
      return
    }
  }

  @Test("Behind a step without a line the chain begins anew")
  func gap() throws {
    let chain = try chain(skipped: 2)
    #expect(chain.firstBreak(start: Self.start) == nil)
    #expect(chain.missing(upTo: Step(4)) == [Step(2)])
  }

  @Test("An evaluation whose line was lost is named, and the chain begins anew behind it")
  func lostEvaluation() throws {
    let chain = try chain(unevaluated: 2)
    func lost(_ interval: Int) -> [Step] {
      chain.lostEvaluations(
        by: EvaluationSchedule(every: interval, last: Step(4)), before: Step(4), start: Self.start,
        isComplete: true)
    }
    #expect(lost(2) == [Step(2)])
    #expect(chain.firstBreak(start: Self.start, lostEvaluations: lost(2)) == nil)
    // Where none was due, a step that does not follow the one before is a break.
    #expect(lost(3) == [])
    guard
      case .broken(line: 4, step: Step(3), isEvaluation: false, _, _)? = chain.firstBreak(
        start: Self.start, lostEvaluations: lost(3))
    else {
      Issue.record("nothing is broken")
      return
    }
  }

  @Test("Two runs part at the first number that differs, and it is named with both values")
  func parting() throws {
    let parting = try chain().compare(
      with: chain({ step, _ in
        if step.step == Step(3) { step.gradientNorm = step.gradientNorm.nextUp }
        if step.step >= Step(3) { step.digest = Digest(of: "other") }
      })
    ).parting
    #expect(parting?.step == Step(3) && parting?.isEvaluation == false)
    #expect(parting?.key == "gradientNorm")
    #expect(parting?.values == ["2.0", "2.0000000000000004"])
  }

  @Test("They part in an evaluation too")
  func partingEvaluation() throws {
    let parting = try chain().compare(
      with: chain({ step, evaluation in if step.step == Step(2) { evaluation.means[0].value = 7 } })
    ).parting
    #expect(parting?.step == Step(2) && parting?.isEvaluation == true)
    #expect(parting?.key == "plainLoss" && parting?.values == ["0.25", "7.0"])
  }
}
