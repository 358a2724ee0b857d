// When a step is recorded, and when a segment of the journal begins and goes.

import Basics
import Coordination
import Testing

@Suite("Journal and records") struct JournalOrderTests {
  /// A run of twelve steps with checkpoints at 5, 10 and 12.
  private func run(journalBytes: Int = 1 << 30, kept: Int = 2) -> SimulatedCluster {
    var cluster = SimulatedCluster(seed: 30, steps: 12) {
      $0.journalBytes = journalBytes
      $0.checkpointsKept = kept
    }
    cluster.startWorker()
    cluster.run()
    return cluster
  }

  @Test("Every step is recorded once, in order")
  func records() {
    let cluster = run()
    #expect(cluster.ending?.0 == .finished)
    #expect(cluster.recordedSteps == (1...12).map { Step($0) })
  }

  @Test("A segment begins with each checkpoint and stays until the second newest is past it")
  func segments() {
    let cluster = run()
    #expect(cluster.savedSteps == [5, 10, 12].map { Step($0) })
    #expect(cluster.segmentsBegun == 3)
    #expect(cluster.droppedThrough == [0, 5, 10, 12].map { Step($0) })
  }

  @Test("Where a single checkpoint is kept there is none before the newest")
  func singleCheckpoint() {
    #expect(run(kept: 1).droppedThrough == [5, 10, 12].map { Step($0) })
  }

  @Test("Without a journal nothing is asked of one")
  func withoutJournal() {
    let cluster = run(journalBytes: 0)
    #expect(cluster.savedSteps.count == 3)
    #expect(cluster.segmentsBegun == 0)
    #expect(cluster.droppedThrough.isEmpty)
  }

  @Test("The first contribution to a sum begins it and the last completes it; one alone does both")
  func placeInSum() {
    var places: [[PlaceInSum]] = []
    for microbatches in [1, 2, 4] {
      var cluster = SimulatedCluster(seed: 31, steps: 1) { settings in
        settings.plan = MicrobatchPlan(
          seed: 1, chipsPerShard: [10, 10], pairsPerMicrobatch: 4,
          microbatchesPerStep: microbatches)
      }
      cluster.startWorker()
      cluster.run()
      places.append(cluster.placesOfChunkZero)
    }
    #expect(places == [[.only], [.first, .last], [.first, .middle, .middle, .last]])
  }
}
