// Memory that a run's numbers take at the least, whoever holds them. Not here: what there is, and
// who refuses to begin without it (ClusterRuntime).

/// Bytes that a process of a run cannot do without, by parameters alone.
package enum MemoryNeeds {
  /// The parameter store's four vectors of a checkpoint, and their copy while one is written; the
  /// gradient sum.
  private static let vectorsOfCoordinator = 9
  /// The running average, and its copy.
  private static let vectorsOfAverage = 2
  /// Replica and gradient; what an objective needs to compute comes on top.
  private static let vectorsOfWorker = 2

  package static func coordinatorBytes(parameters: Int, keepsAverage: Bool) -> Int {
    let vectors = vectorsOfCoordinator + (keepsAverage ? vectorsOfAverage : 0)
    return vectors * parameters * MemoryLayout<Float>.stride
  }

  package static func workerBytes(parameters: Int) -> Int {
    vectorsOfWorker * parameters * MemoryLayout<Float>.stride
  }
}
