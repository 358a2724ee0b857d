// Where a run stands, by its metrics.

import Basics
import Observability

/// The newest step and evaluation in a `metrics.jsonl`.
struct MetricsSummary {
  struct Losses {
    /// The one that is minimised.
    let loss: Double
    /// With equal weights; nil where weights are equal anyway.
    let plain: Double?

    var text: String {
      let loss = HumanFormat.decimal(loss, places: 4)
      guard let plain else { return loss }
      return "\(loss) weighted, \(HumanFormat.decimal(plain, places: 4)) plain"
    }
  }

  private(set) var step = 0
  /// Of the newest step, with a word that says how it is weighted where it is.
  private(set) var loss: String?
  private(set) var workers = 0
  private var pairs = 0.0
  private var pace = Pace()
  /// When the newest step was made.
  private(set) var time: WallTime?
  private(set) var heldOutStep = 0
  /// The model and its baselines, in the order in which they are shown.
  private(set) var heldOut: [(name: String, losses: Losses)] = []

  /// The numbers of lines that are no records.
  let foreignLines: [Int]

  /// A file that is not there is a run without metrics.
  init(path: String) throws {
    let (entries, foreignLines) = try MetricsReader.read(path)
    self.foreignLines = foreignLines
    for entry in entries {
      switch entry.kind {
      case StepRecord.kind:
        step = entry.step.index
        loss = entry.number("weightedLoss").map {
          HumanFormat.decimal($0, places: 4) + (entry.number("plainLoss") == nil ? "" : " weighted")
        }
        workers = entry.number("workers").flatMap { Int(exactly: $0) } ?? 0
        pairs = entry.number("pairs") ?? 0
        time = entry.time
        if let seconds = entry.number("seconds"), seconds.isFinite, seconds >= 0 {
          pace.add(seconds)
        }
      case EvaluationRecord.kind:
        heldOutStep = entry.step.index
        heldOut = [
          ("model", "weightedLoss", "plainLoss"),
          ("patch mean", "patchMeanWeighted", "patchMeanPlain"),
          ("copied", "copyWeighted", "copyPlain"), ("patch mean", "patchMean", ""),
        ].compactMap { name, loss, plain in
          entry.number(loss).map { (name, Losses(loss: $0, plain: entry.number(plain))) }
        }
      default:
        continue
      }
    }
  }

  /// How a run at work is doing: "31.4 pairs/s with 2 workers, 3 h 07 m left; the newest step is
  /// 12 s old".
  /// - Parameters:
  ///   - steps: of the whole run.
  ///   - sampleName: what one sample is called.
  ///   - now: by the clock of the machine that writes the metrics, as far as that is known.
  func liveText(of steps: Int, samples sampleName: String, at now: WallTime) -> String {
    guard let time, let seconds = pace.median, seconds > 0 else { return "no step yet" }
    let left = HumanFormat.duration(seconds: seconds * Double(max(0, steps - step)))
    let age = Duration.milliseconds(max(0, now.milliseconds - time.milliseconds))
    return HumanFormat.rate(pairs / seconds, of: sampleName + "s")
      + " with \(HumanFormat.counted(workers, "worker")), \(left) left; the "
      + "newest step is \(HumanFormat.duration(age)) old"
  }
}
