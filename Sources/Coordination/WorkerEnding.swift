// How a worker's part in a run comes to its end.

/// Why a worker ends.
package struct WorkerEnding: Hashable, Sendable {
  package enum Kind: Hashable, Sendable, CaseIterable {
    /// All steps of the run are done.
    case runFinished
    /// Somebody asked this worker to leave.
    case asked
    /// The coordinator stopped before the end, on request.
    case coordinatorStopped
    /// The coordinator stopped before the end, with an error.
    case coordinatorFailed
    /// The coordinator says that the run has diverged.
    case runDiverged
    case gaveUpWaiting
    case refused
    /// This worker cannot go on.
    case failed
  }

  package let kind: Kind
  package let reason: String

  package init(_ kind: Kind, reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Whether everything went as somebody wanted it.
  package var isClean: Bool {
    switch kind {
    case .runFinished, .asked, .coordinatorStopped: true
    case .coordinatorFailed, .runDiverged, .gaveUpWaiting, .refused, .failed: false
    }
  }
}
