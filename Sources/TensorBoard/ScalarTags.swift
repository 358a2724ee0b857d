// Under which names TensorBoard shows what a run measures.

import Observability

enum ScalarTags {
  /// The finite numbers of a record, with their tags; none of an event.
  static func scalars(of entry: MetricsEntry) -> [(tag: String, value: Double)] {
    guard entry.kind == StepRecord.kind || entry.kind == EvaluationRecord.kind else { return [] }
    let isEvaluation = entry.kind == EvaluationRecord.kind
    return entry.fields.compactMap { field in
      guard let value = entry.number(field.key), value.isFinite,
        let tag = tag(of: field.key, isEvaluation: isEvaluation)
      else { return nil }
      return (tag, value)
    }
  }

  private static func tag(of key: String, isEvaluation: Bool) -> String? {
    if key == "weightedLoss" { return isEvaluation ? "loss/held out" : "loss/training" }
    if isEvaluation { return key == "pairs" ? nil : "held out/\(key)" }
    switch key {
    case "pairs", "remainingSeconds", "skipped": return nil
    case "learningRate", "gradientNorm": return "optimizer/\(key)"
    case "seconds", "pairsPerSecond", "gigaflops": return "speed/\(key)"
    case "bytesIn", "bytesOut", "workers", "peakMemoryBytes", "workerPeakMemoryBytes":
      return "machines/\(key)"
    case _ where key.hasSuffix("Seconds"): return "phases/\(key.dropLast("Seconds".count))"
    default: return "training/\(key)"
    }
  }
}
