// What a coordinator at work says of itself and its workers, for whoever looks at the run: the file
// `status.json`. No part of the run's numbers, and nothing reads it to decide anything.

import Basics

/// A run at one moment. The file is replaced every few seconds and stays as it last was when the
/// coordinator ends without a word.
package struct RunStatus: Codable, Equatable, Sendable {
  /// Seconds since 1970, by the coordinator's clock.
  package var time: Double
  /// When this coordinator came up.
  package var startedAt: Double
  /// Between two of these files.
  package var intervalSeconds: Double
  /// Who writes: "process 12 on node1".
  package var coordinator: String
  /// Where workers connect.
  package var address: String
  package var step: Int
  /// What is going on, as a sentence without its end: "waiting for workers".
  package var activity: String
  /// Of the coordinator's process.
  package var peakMemoryBytes: Int?
  /// In the order of their coming.
  package var workers: [WorkerStatus]

  package init(
    time: Double, startedAt: Double, intervalSeconds: Double, coordinator: String, address: String,
    step: Int, activity: String, peakMemoryBytes: Int?, workers: [WorkerStatus]
  ) {
    self.time = time
    self.startedAt = startedAt
    self.intervalSeconds = intervalSeconds
    self.coordinator = coordinator
    self.address = address
    self.step = step
    self.activity = activity
    self.peakMemoryBytes = peakMemoryBytes
    self.workers = workers
  }
}

/// A member of a run at one moment.
package struct WorkerStatus: Codable, Equatable, Sendable {
  package var name: String
  package var threads: Int
  /// Shards of the dataset that it has.
  package var shards: Int
  /// "fetching parameters", "waiting", "computing".
  package var state: String
  /// What it computes: "microbatch 3".
  package var lease: String?
  /// Since it was given that lease.
  package var leaseSeconds: Double?
  /// Since it was last heard of.
  package var silentSeconds: Double
  /// Its usual seconds for a microbatch, by what they are spent on: data, compute, encode, network.
  /// Nil until it has finished one.
  package var usualSeconds: [Double]?
  /// The most memory that its process has had, by its own report. Nil until it has finished one.
  package var peakMemoryBytes: Int?
  /// Why it holds the others up, in words; nil where it does not.
  package var slow: String?

  package init(
    name: String, threads: Int, shards: Int, state: String, lease: String?, leaseSeconds: Double?,
    silentSeconds: Double, usualSeconds: [Double]?, peakMemoryBytes: Int? = nil, slow: String?
  ) {
    self.name = name
    self.threads = threads
    self.shards = shards
    self.state = state
    self.lease = lease
    self.leaseSeconds = leaseSeconds
    self.silentSeconds = silentSeconds
    self.usualSeconds = usualSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.slow = slow
  }
}
