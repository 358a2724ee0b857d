// Where the files of a run lie.

import Basics

/// The folder of one run.
package struct RunFolder: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// The resolved configuration.
  package var configuration: String { path + "/configuration.yaml" }
  /// What its parameters were before the first step, where they were not random.
  package var initial: String { path + "/initial.safetensors" }
  package var checkpoints: String { path + "/checkpoints" }
  /// The steps since the newest checkpoints.
  package var journal: String { path + "/journal" }
  /// One JSON object a line: steps, evaluations, events.
  package var metrics: String { path + "/metrics.jsonl" }
  /// How it goes, by the coordinator that is at work.
  package var status: String { path + "/status.json" }
  /// What it came to, by the coordinator that ended.
  package var summary: String { path + "/summary.json" }
  /// The newest sheet of reconstructions, if somebody drew one here.
  package var picture: String { path + "/reconstruction.png" }
  /// One JSON object a line: what probes found in checkpoints. No part of the run's numbers.
  package var probes: String { path + "/probes.jsonl" }
  package var logs: String { path + "/logs" }
  package var coordinatorLog: String { logs + "/coordinator.log" }

  /// Held by the one coordinator that may write here.
  package var lock: String { path + "/lock" }

  package var probeLog: String { logs + "/probe.log" }
  package func workerLog(_ number: Int) -> String { logs + "/worker-\(number).log" }

  package var holdsRun: Bool { Files.exists(configuration) }
}
