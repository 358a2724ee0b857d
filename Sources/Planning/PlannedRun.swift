// What a run asks for, whoever computes it: counts that follow from its configuration and its
// dataset. Not here: how fast a machine is (MachineSpeed).

import Compression
import Configuration
import Imagery
import TrainingRun

/// A run that has not begun.
package struct PlannedRun: Equatable, Sendable {
  /// "pair", or "image".
  package var sample = "pair"
  package var parameters: Int
  package var steps: Int
  /// Of a step.
  package var microbatches: Int
  package var pairsPerMicrobatch: Int
  package var gradientCodec = CodecKind.bfloat16
  package var deltaCodec = CodecKind.bfloat16
  package var window = 8
  package var keepsAverage = false
  /// Evaluations of the whole run.
  package var evaluations = 0
  /// Of an evaluation.
  package var evaluationMicrobatches = 0
  package var checkpoints = RunConfiguration().checkpoints
  /// The longest that a worker is given for a microbatch.
  package var longestLeaseSeconds = 600.0
  /// Nil where the dataset is not known.
  package var trainingChips: Int?

  /// - Precondition: all are positive.
  package init(parameters: Int, steps: Int, microbatches: Int, pairsPerMicrobatch: Int) {
    precondition(parameters > 0 && steps > 0 && microbatches > 0 && pairsPerMicrobatch > 0)
    self.parameters = parameters
    self.steps = steps
    self.microbatches = microbatches
    self.pairsPerMicrobatch = pairsPerMicrobatch
  }

  /// - Parameter dataset: nil where it is not there; then something is taken to be held out.
  package init(
    _ configuration: RunConfiguration, parameters: Int, dataset: DatasetDescription?
  ) {
    let training = configuration.training
    self.init(
      parameters: parameters, steps: training.steps, microbatches: training.microbatchesPerStep,
      pairsPerMicrobatch: training.pairsPerMicrobatch)
    sample = configuration.model.objective.sampleName
    gradientCodec = configuration.exchange.gradientCodec
    deltaCodec = configuration.exchange.parameterCodec
    window = configuration.exchange.window
    keepsAverage = configuration.optimizer.average > 0
    checkpoints = configuration.checkpoints
    longestLeaseSeconds = configuration.liveness.longestLease.seconds
    trainingChips = dataset?.trainingChips
    if dataset.map({ $0.holdoutChips > 0 }) ?? true {
      let (pairs, interval) = (configuration.evaluation.pairs, configuration.evaluation.everySteps)
      evaluationMicrobatches = (pairs + pairsPerMicrobatch - 1) / pairsPerMicrobatch
      evaluations = Self.evaluations(steps: steps, interval: interval)
    }
  }

  /// At step 0, every so many steps, and at the end; of an interval of 0 at the end alone.
  package static func evaluations(steps: Int, interval: Int) -> Int {
    guard interval > 0 else { return 1 }
    return 1 + steps / interval + (steps % interval == 0 ? 0 : 1)
  }

  package var pairsPerStep: Int { microbatches * pairsPerMicrobatch }

  /// How often each training chip is an anchor; nil where the dataset is not known.
  package var passes: Double? {
    trainingChips.map { Double(steps) * Double(pairsPerStep) / Double(max(1, $0)) }
  }
}
