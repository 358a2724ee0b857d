// Where a run stands, by its metrics.

import Basics
import Foundation

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

  private struct Line: Decodable {
    let kind: String
    let step: Int
    let weightedLoss: Double?
    let plainLoss: Double?
    let patchMeanWeighted: Double?
    let patchMeanPlain: Double?
    let copyWeighted: Double?
    let copyPlain: Double?
  }

  /// A file that is not there is a run without metrics; lines that do not read are passed over.
  init(path: String) throws {
    guard Files.exists(path) else { return }
    let text = try Files.readText(path, limitBytes: 1 << 30)
    let decoder = JSONDecoder()
    for line in text.split(separator: "\n") {
      guard let line = try? decoder.decode(Line.self, from: Data(line.utf8)) else { continue }
      switch line.kind {
      case "step":
        step = line.step
        weightedLoss = line.weightedLoss
      case "evaluation":
        heldOutStep = line.step
        heldOut = [
          ("model", line.weightedLoss, line.plainLoss),
          ("patch mean", line.patchMeanWeighted, line.patchMeanPlain),
          ("copied", line.copyWeighted, line.copyPlain),
        ].compactMap { name, weighted, plain in
          guard let weighted, let plain else { return nil }
          return (name, Losses(weighted: weighted, plain: plain))
        }
      default:
        continue
      }
    }
  }
}
