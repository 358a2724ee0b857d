// Where a run stands, by its metrics.

import Basics
import Observability

/// The newest step and evaluation in a `metrics.jsonl`.
struct MetricsSummary {
  struct Losses {
    let weighted: Double
    let plain: Double
  }

  private(set) var step = 0
  private(set) var weightedLoss: Double?
  private(set) var heldOutStep = 0
  /// The model and its baselines, in the order in which they are shown.
  private(set) var heldOut: [(name: String, losses: Losses)] = []

  /// A file that is not there is a run without metrics; lines that do not read are passed over.
  init(path: String) throws {
    for entry in try MetricsReader.entries(inFileAt: path) {
      switch entry.kind {
      case StepRecord.kind:
        step = entry.step.index
        weightedLoss = entry.number("weightedLoss")
      case EvaluationRecord.kind:
        heldOutStep = entry.step.index
        heldOut = [
          ("model", "weightedLoss", "plainLoss"),
          ("patch mean", "patchMeanWeighted", "patchMeanPlain"),
          ("copied", "copyWeighted", "copyPlain"),
        ].compactMap { name, weighted, plain in
          guard let weighted = entry.number(weighted), let plain = entry.number(plain) else {
            return nil
          }
          return (name, Losses(weighted: weighted, plain: plain))
        }
      default:
        continue
      }
    }
  }
}
