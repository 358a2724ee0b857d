// A run as an event file for TensorBoard: scalars, the sheet of reconstructions, the configuration.
// Made from the metrics, which a resume leaves without a step twice: so is the file.

import Basics
import Configuration
import Observability

/// Why a run cannot be written as an event file.
package enum EventFileError: Error, CustomStringConvertible {
  case changed(metrics: String)

  package var description: String {
    switch self {
    case .changed(let metrics):
      "\(metrics.visible) was changed while it was read: the run goes on; try again"
    }
  }
}

package enum EventFile {
  /// The number that sweeps are compared by.
  private static let metric = "loss/held out"
  private static let summaryLimitBytes = 4 << 20
  private static let pictureLimitBytes = 64 << 20

  /// Writes a run into a folder, which is made; a file of the same run takes the place of the one
  /// before.
  /// - Returns: the file's path and how many events it has.
  package static func write(
    _ run: RunFolder, to folder: String
  ) throws -> (path: String, events: Int) {
    let configuration = try RunConfiguration.load(resolved: run.configuration)
    let totals = try RunSummary.Totals(ofFileAt: run.metrics)
    let began = totals.firstTime ?? 0
    try Files.createFolder(folder)
    let path = "\(folder)/events.out.tfevents.\(Int64(began)).terrane"
    var count = 0
    try Files.writeDurably(to: path) { writer in
      func add(_ event: [UInt8]) throws {
        try writer.write(RecordFraming.framed(event))
        count += 1
      }
      try add(EventMessages.version(at: began))
      let values = configuration.values
      try add(
        EventMessages.experiment(names: values.map(\.name), metric: metric, time: began))
      try add(EventMessages.sessionStart(values, time: began))
      let last = try addScalars(of: run, add)
      if let picture = try picture(of: run, step: last.step, time: last.time ?? began) {
        try add(picture)
      }
      let status = status(of: run, isDone: last.step >= configuration.training.steps)
      try add(EventMessages.sessionEnd(status, time: last.time ?? began))
    }
    return (path, count)
  }

  /// How the run ended, as its coordinator left it; where it left no word, a run whose steps are
  /// all there has ended well.
  private static func status(of run: RunFolder, isDone: Bool) -> EventMessages.Status {
    let summary = JSONText.value(
      RunSummary.self, at: run.summary, limitBytes: summaryLimitBytes)
    return switch summary?.outcome {
    case .finished: .success
    case .diverged, .failed: .failure
    case .stopped: .unknown
    case nil where isDone: .success
    case nil: Files.isRegular(run.status) ? .running : .unknown
    }
  }

  private static func addScalars(
    of run: RunFolder, _ add: ([UInt8]) throws -> Void
  ) throws -> (step: Int, time: Double?) {
    var tail = MetricsTail(path: run.metrics)
    var last: (step: Int, time: Double?) = (0, nil)
    var hasMore = true
    while hasMore {
      let batch = try tail.next()
      if batch.beginsAnew {
        throw EventFileError.changed(metrics: run.metrics)
      }
      for entry in batch.entries {
        let scalars = ScalarTags.scalars(of: entry)
        if scalars.isEmpty { continue }
        last = (entry.step.index, entry.time.seconds)
        try add(
          EventMessages.scalars(scalars, step: entry.step.index, time: entry.time.seconds))
      }
      hasMore = batch.hasMore
    }
    return last
  }

  /// Nil when there is none, or none that is a PNG.
  private static func picture(of run: RunFolder, step: Int, time: Double) throws -> [UInt8]? {
    guard Files.isRegular(run.picture) else { return nil }
    let bytes = try Files.readBytes(run.picture, limitBytes: pictureLimitBytes)
    // A PNG's header stands at a fixed place: width and height, big-endian (PNG, 11.2.2).
    guard bytes.count > 24, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
    func number(at place: Int) -> Int {
      bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    return EventMessages.image(
      "reconstructions", png: bytes, width: number(at: 16), height: number(at: 20), step: step,
      time: time)
  }
}
