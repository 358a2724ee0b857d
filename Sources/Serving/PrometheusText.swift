// Runs as numbers for Prometheus, in its text format 0.0.4.

import Basics
import Observability
import RunHistory

package struct PrometheusText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// A metric of a name: every run's samples stand together, behind what the name means.
  private struct Family {
    let name: String
    let kind: String
    let help: String
    var samples: [(labels: [(String, String)], value: Double)] = []
  }

  private var families: [Family] = []
  private var places: [String: Int] = [:]

  package init(of views: [RunView]) {
    for view in views {
      add(view.head)
      addWorkers(view.head)
      addStorage(view.head)
    }
  }

  package var text: String {
    var text = ""
    for family in families {
      text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind)\n"
      for sample in family.samples {
        let labels = sample.labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += "\(family.name){\(labels)} \(Self.number(sample.value))\n"
      }
    }
    return text
  }

  // MARK: What is told

  private mutating func add(_ head: RunHead) {
    let run = [("run", head.name)]
    func number(_ key: String) -> Double? { head.latest[key] }
    gauge("running", "Whether a coordinator is at work.", head.state == .running ? 1 : 0, run)
    gauge(
      "evaluating", "Whether an evaluation is at work: no step is made meanwhile.",
      head.isEvaluating ? 1 : 0, run)
    counter("steps_total", "Steps that are committed.", Double(head.step), run)
    gauge("steps_planned", "Steps of the whole run.", head.steps.map(Double.init), run)
    counter("pairs_total", "Pairs that were learned from.", Double(head.totals.pairs), run)
    counter(
      "received_bytes_total", "Bytes of messages that came, almost all of gradients.",
      Double(head.totals.bytesIn), run)
    counter(
      "sent_bytes_total", "Bytes of messages that left, almost all of parameters.",
      Double(head.totals.bytesOut), run)
    counter(
      "training_seconds_total", "Seconds that all steps took.", head.totals.trainingSeconds, run)
    counter(
      "evaluation_seconds_total", "Seconds of work of all evaluations, over all workers.",
      head.totals.evaluationSeconds, run)
    counter(
      "evaluation_wall_seconds_total",
      "Seconds of all evaluations, each from its first lease to its last report.",
      head.totals.evaluationWallSeconds, run)
    // Those that did not happen yet, too: the increase of a series that begins is 0.
    for event in Set(EventRecord.events).union(head.totals.events.keys).sorted() {
      counter(
        "events_total", "What happened, by kind.", Double(head.totals.events[event] ?? 0),
        run + [("event", event)])
    }
    gauge("training_loss", "Loss of the newest step.", number("weightedLoss"), run)
    gauge(
      "held_out_loss", "Loss of the newest evaluation.", head.latestEvaluation["weightedLoss"], run)
    gauge("learning_rate", "Learning rate of the newest step.", number("learningRate"), run)
    gauge("gradient_norm", "Gradient norm of the newest step.", number("gradientNorm"), run)
    gauge("step_seconds", "Usual seconds of a step.", head.secondsPerStep, run)
    gauge("pairs_per_second", "Pairs learned from a second.", head.pairsPerSecond, run)
    gauge(
      "flops", "Floating-point operations a second of the newest step.",
      number("gigaflops").map { $0 * 1e9 }, run)
    for phase in Self.phases {
      gauge(
        "phase_seconds", "Seconds of the newest step by phase; those of workers are added up.",
        number(phase + "Seconds"), run + [("phase", phase)])
    }
    gauge("remaining_seconds", "Seconds until the run is done.", head.secondsLeft, run)
    gauge("last_step_timestamp_seconds", "When the newest step was made.", head.newest, run)
    gauge(
      "coordinator_peak_memory_bytes", "Most memory of the coordinator's process.",
      number("peakMemoryBytes"), run)
  }

  private static let phases = [
    "data", "compute", "encode", "network", "reduce", "update", "commit",
  ]

  private mutating func addWorkers(_ head: RunHead) {
    gauge("workers", "Workers that are there.", Double(head.workers.count), [("run", head.name)])
    for worker in head.workers {
      let labels = [("run", head.name), ("worker", worker.name)]
      gauge(
        "worker_slow", "Whether a worker holds the others up.", worker.slow == nil ? 0 : 1, labels)
      gauge(
        "worker_peak_memory_bytes", "Most memory of a worker's process, by its own report.",
        worker.peakMemoryBytes.map(Double.init), labels)
      for (phase, seconds) in zip(Self.phases, worker.usualSeconds ?? []) {
        gauge(
          "worker_microbatch_seconds", "Usual seconds of a worker's microbatch by phase.", seconds,
          labels + [("phase", phase)])
      }
    }
  }

  private mutating func addStorage(_ head: RunHead) {
    let run = [("run", head.name)]
    let storage = head.storage
    gauge("checkpoints", "Checkpoints that are kept.", Double(storage.checkpointCount), run)
    gauge("checkpoint_bytes", "Bytes of all checkpoints.", Double(storage.checkpointBytes), run)
    gauge("journal_bytes", "Bytes of the journal.", Double(storage.journalBytes), run)
    gauge(
      "last_checkpoint_timestamp_seconds", "When the newest checkpoint was written.",
      storage.checkpoints.last?.time, run)
    gauge(
      "disk_free_bytes", "Bytes left on the disk of the run.", storage.freeBytes.map(Double.init),
      run)
    gauge(
      "disk_size_bytes", "Bytes of the disk of the run.", storage.diskBytes.map(Double.init), run)
  }

  // MARK: How it is told

  private mutating func gauge(
    _ name: String, _ help: String, _ value: Double?, _ labels: [(String, String)]
  ) {
    add(name, "gauge", help, value, labels)
  }

  private mutating func counter(
    _ name: String, _ help: String, _ value: Double?, _ labels: [(String, String)]
  ) {
    add(name, "counter", help, value, labels)
  }

  private mutating func add(
    _ name: String, _ kind: String, _ help: String, _ value: Double?, _ labels: [(String, String)]
  ) {
    guard let value else { return }
    let place = places[name] ?? families.count
    if place == families.count {
      places[name] = place
      families.append(Family(name: "terrane_" + name, kind: kind, help: help))
    }
    families[place].samples.append((labels, value))
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? value.description
  }
}
