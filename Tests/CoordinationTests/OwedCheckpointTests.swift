// A coordinator that came up with fewer good checkpoints than it should have.

import Basics
import Testing

@Suite("A checkpoint that is owed") struct OwedCheckpointTests {
  @Test("Who came up from a checkpoint that was not the newest writes another with the next step")
  func next() {
    for (owes, expected) in [(true, [1, 5, 10, 12]), (false, [5, 10, 12])] {
      var cluster = SimulatedCluster(seed: 8, steps: 12, owesCheckpoint: owes)
      cluster.startWorker()
      cluster.run()
      #expect(cluster.savedSteps == expected.map(Step.init(index:)))
    }
  }
}
