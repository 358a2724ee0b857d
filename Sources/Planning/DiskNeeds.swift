// Bytes that a run's folder takes: checkpoints as they are kept, the journal, the metrics.

import Configuration

/// All of it follows from the configuration; nothing is measured but the length of a step's line.
package struct DiskNeeds: Hashable, Sendable {
  /// One of them: master, replica and two moments as float32, and the average where one is kept.
  package let checkpointBytes: Int
  /// How many there are at the end.
  package let checkpointsKept: Int
  /// Of a step.
  package let journalStepBytes: Int
  /// The most that the journal comes to; steps that are made while a checkpoint is being written
  /// come on top.
  package let journalBytes: Int
  package let metricsBytes: Int
  /// Whether the journal stays when the run is done.
  private let keepsJournal: Bool

  /// A step's line of metrics.jsonl, in runs of the sample.
  private static let metricsLineBytes = 800

  package init(of run: PlannedRun) {
    let vector = run.parameters * MemoryLayout<Float>.stride
    let checkpoints = run.checkpoints
    checkpointBytes = (run.keepsAverage ? 5 : 4) * vector
    checkpointsKept = Self.kept(checkpoints, steps: run.steps)
    metricsBytes = run.steps * Self.metricsLineBytes
    keepsJournal = checkpoints.keepJournal
    guard checkpoints.journalBytes > 0 else {
      (journalStepBytes, journalBytes) = (0, 0)
      return
    }
    journalStepBytes = vector
    // A checkpoint comes early when its share of the journal is longer than half of the bound.
    let stepsBetween = min(
      checkpoints.everySteps, checkpoints.journalBytes / 2 / vector + 1, run.steps)
    // The checkpoint before the newest one needs it too.
    let stepsHeld = min(run.steps, checkpoints.keepLast == 1 ? stepsBetween : 2 * stepsBetween)
    journalBytes = stepsHeld * vector
  }

  /// The newest ones, those of steps divisible by `keepEvery`, and the best one, which may be none
  /// of these.
  private static func kept(
    _ checkpoints: RunConfiguration.Checkpoints, steps: Int
  ) -> Int {
    let (interval, every) = (checkpoints.everySteps, checkpoints.keepEvery)
    let written = steps / interval + (steps % interval == 0 ? 0 : 1)
    let newest = min(checkpoints.keepLast, written)
    // The last one is at the end, those before it at multiples of the interval.
    let oldest = newest == 1 ? steps : (written - newest + 1) * interval
    let forGood = every == 0 ? 0 : (oldest - 1) / leastCommonMultiple(interval, every)
    let best = checkpoints.keepBest && written > newest + forGood ? 1 : 0
    return newest + forGood + best
  }

  private static func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return a / x * b
  }

  /// The most at any time: a new checkpoint is whole before an older one goes.
  package var peakBytes: Int {
    (checkpointsKept + 1) * checkpointBytes + journalBytes + metricsBytes
  }

  /// When the run is done.
  package var bytesAtEnd: Int {
    checkpointsKept * checkpointBytes + (keepsJournal ? journalBytes : 0) + metricsBytes
  }
}
