// What a probe found in the features of a checkpoint: a point of the curve of what is learned. It
// stands in a file of its own, outside of the chain of equal numbers.

import Basics

/// The scores of one probe on the features of one checkpoint, beside those of features that learned
/// nothing.
package struct ProbeRecord: MetricsRecord, Equatable {
  package static let kind = "probe"
  package static let circumstances: Set<String>? = nil

  /// Of the checkpoint.
  package var step: Step
  /// The file and field, or band, of the labels.
  package var labels: String
  /// The protocol and the probe, for example "torchgeo-bench linear".
  package var method: String
  /// "accuracy" or "R²".
  package var metric: String
  package var pretrained: Interval
  package var randomInitialisation: Interval
  /// Of the mean and deviation of each band.
  package var imagestats: Interval

  package init(
    step: Step, labels: String, method: String, metric: String, pretrained: Interval,
    randomInitialisation: Interval, imagestats: Interval
  ) {
    self.step = step
    self.labels = labels
    self.method = method
    self.metric = metric
    self.pretrained = pretrained
    self.randomInitialisation = randomInitialisation
    self.imagestats = imagestats
  }

  /// What a line says; nil for a record of another kind, or one without these values.
  package init?(_ entry: MetricsEntry) {
    func score(_ key: String) -> Interval? {
      guard let value = entry.number(key), let low = entry.number(key + "Low"),
        let high = entry.number(key + "High")
      else { return nil }
      return Interval(value: value, low: low, high: high)
    }
    guard entry.kind == Self.kind, let labels = entry.text("labels"),
      let method = entry.text("method"), let metric = entry.text("metric"),
      let pretrained = score("pretrained"), let random = score("randomInitialisation"),
      let imagestats = score("imagestats")
    else { return nil }
    self.init(
      step: entry.step, labels: labels, method: method, metric: metric, pretrained: pretrained,
      randomInitialisation: random, imagestats: imagestats)
  }

  package var values: [(key: String, value: MetricsValue)] {
    func values(_ key: String, _ score: Interval) -> [(key: String, value: MetricsValue)] {
      [
        (key, .number(score.value)), (key + "Low", .number(score.low)),
        (key + "High", .number(score.high)),
      ]
    }
    return [("labels", .text(labels)), ("method", .text(method)), ("metric", .text(metric))]
      + values("pretrained", pretrained) + values("randomInitialisation", randomInitialisation)
      + values("imagestats", imagestats)
  }

  /// Method and scores, for example "torchgeo-bench linear: accuracy 0.71 (random initialisation
  /// 0.60, imagestats 0.64)".
  package var summary: String {
    func text(_ score: Interval) -> String { HumanFormat.decimal(score.value, places: 2) }
    return "\(method): \(metric) \(text(pretrained)) (random initialisation "
      + "\(text(randomInitialisation)), imagestats \(text(imagestats)))"
  }

  /// The records of a run's file of probes, in the order in which they were made; what is not one
  /// is passed over.
  package static func records(inFileAt path: String) throws(FileError) -> [ProbeRecord] {
    try MetricsReader.entries(inFileAt: path).compactMap { ProbeRecord($0) }
  }
}
