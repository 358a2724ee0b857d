// A report as points of the run's curve of what is learned.

import Basics
import Foundation
import Observability
import TrainingRun

extension ProbeReport {
  /// One record a method.
  package var records: [ProbeRecord] {
    var methods: [String] = []
    for result in results where !methods.contains(result.method) { methods.append(result.method) }
    return methods.compactMap { method in
      func score(_ features: String) -> Interval? {
        let result = results.first { $0.method == method && $0.features == features }
        return result?.accuracy ?? result?.determination
      }
      guard let pretrained = score("pretrained"), let random = score("random initialisation"),
        let imagestats = score("imagestats")
      else { return nil }
      return ProbeRecord(
        step: Step(index: encoder.step), labels: "\(Files.name(of: labels.file)), \(labels.source)",
        method: "\(probeProtocol) \(method)", metric: labels.classes == nil ? "R²" : "accuracy",
        pretrained: pretrained, randomInitialisation: random, imagestats: imagestats)
    }
  }

  /// Adds the records to the run's file of probes.
  /// - Throws: `FileError`.
  package func appendRecords(to folder: RunFolder) throws {
    var file = try LineFile(appendingTo: folder.probes)
    let now = WallTime.now()
    for record in records { try file.append(MetricsEntry(record, at: now).json) }
  }
}
