// What a run's records add up to.

import Basics
import Observability
import Testing

@Suite("The totals of a run") struct RunSummaryTests {
  private static let digest = Digest(high: 1, low: 2)
  private static let time = WallTime(milliseconds: 1_795_307_467_250)

  private func totals(of records: [any MetricsRecord]) -> RunSummary.Totals {
    records.reduce(into: RunSummary.Totals()) { $0.add(MetricsEntry($1, at: Self.time)) }
  }

  private func step(_ index: UInt32, workerPeakMemoryBytes: Int?) -> StepRecord {
    StepRecord(
      step: Step(index), weightedLoss: 0.5, means: [], learningRate: 0.1, gradientNorm: 1,
      pairs: 8, seconds: 2, workers: 3, bytesIn: 10, bytesOut: 20,
      course: StepCourse(workerPeakMemoryBytes: workerPeakMemoryBytes), digest: Self.digest,
      chain: Self.digest)
  }

  private func evaluation(_ index: UInt32, wallSeconds: Double?) -> EvaluationRecord {
    EvaluationRecord(
      step: Step(index), weightedLoss: 0.4, means: [], pairs: 8, seconds: 3,
      wallSeconds: wallSeconds, chain: Self.digest)
  }

  @Test("The largest worker of any step, and the time of evaluations by the clock and as work")
  func measured() {
    let totals = totals(of: [
      evaluation(0, wallSeconds: 1.5), step(1, workerPeakMemoryBytes: nil),
      step(2, workerPeakMemoryBytes: 700), step(3, workerPeakMemoryBytes: 600),
      evaluation(3, wallSeconds: 2),
    ])
    #expect(totals.workerPeakMemoryBytes == 700)
    #expect(totals.evaluationWallSeconds == 3.5 && totals.evaluationSeconds == 6)
    #expect(totals.pairs == 24 && totals.bytesOut == 60 && totals.workers == 3)
  }

  @Test("Records of a release that did not tell leave unknown what they do not say")
  func older() {
    let totals = totals(of: [
      evaluation(0, wallSeconds: nil), step(1, workerPeakMemoryBytes: nil),
    ])
    #expect(totals.workerPeakMemoryBytes == nil && totals.evaluationWallSeconds == nil)
  }
}
