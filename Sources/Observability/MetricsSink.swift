// Where a run's records go. `MetricsFile` is one such place; another is a type that conforms.

import Basics

/// Takes the records of one run from one coordinator at a time, in the order in which they are
/// made.
package protocol MetricsSink: AnyObject {
  /// Takes a record: whole or, on an error, not at all.
  func append(_ entry: MetricsEntry) throws

  /// Gives up the records of all later steps: what the run did there is lost, and done again.
  /// Called when a coordinator comes up, before anything is appended.
  func cut(after step: Step) throws

  /// Returns when everything that was appended is durable; called with every checkpoint.
  func synchronize() throws
}

extension MetricsSink {
  package func append(_ record: some MetricsRecord, at time: WallTime) throws {
    try append(MetricsEntry(record, at: time))
  }
}
