// How fast a machine is at what a run needs, and how much memory that takes. Plain numbers: who
// measures them is above (Benchmarks).

import Coordination

package struct MachineSpeed: Hashable, Sendable {
  /// Of the machine.
  package var processors = 1
  /// Of a worker, with which the rest was measured.
  package var threads = 1
  /// A worker's seconds for a microbatch, forward and backward.
  package var computeSeconds: Double
  /// Forward alone, as for an evaluation.
  package var evaluationSeconds: Double
  /// To read and prepare its pairs; nil where that is not known, or counted with computing.
  package var dataSeconds: Double?
  /// A worker's, to encode a value of a gradient; 0 where it is counted with computing.
  package var encodeSecondsPerValue = 0.0
  /// What an exchange needs of this machine, coordinator and workers together, with all processors
  /// at work.
  package var processing = ExchangeCost.Processing()
  /// The share of it that a coordinator takes which has all processors for itself.
  package var coordinatorShare = 1.0
  /// Bytes of a coordinator and of a worker beside what grows with the model.
  package var coordinatorProgramBytes = 0
  package var workerProgramBytes = 0
  /// Bytes of a microbatch of pixels, and of what an objective computes of it.
  package var activationBytes = 0

  package init(computeSeconds: Double, evaluationSeconds: Double) {
    self.computeSeconds = computeSeconds
    self.evaluationSeconds = evaluationSeconds
  }

  /// Of a worker that is said to train so many pairs a second, whatever it spends them on. A
  /// backward pass has twice the products of a forward pass.
  package init(pairsPerSecond: Double, pairsPerMicrobatch: Int) {
    let seconds = Double(pairsPerMicrobatch) / pairsPerSecond
    self.init(computeSeconds: seconds, evaluationSeconds: seconds / 3)
  }
}
