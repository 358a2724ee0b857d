// What the journal keeps of a step beside the sum of its gradients.

import Basics
import Checkpoints
import Foundation
import Observability

/// With the gradient sum, all that is needed to make a step again and to tell of it as before.
package struct StepNote: Codable, Equatable, Sendable {
  /// After the step.
  package var state: RunState
  /// The chain of the state before the step.
  package var previousChain: Digest
  /// What the gradient sum is divided by.
  package var hiddenPixels: Int
  /// Whether the step changed nothing; its gradient sum is zero then.
  package var isSkipped: Bool
  /// The records of the metrics that came of the step, oldest first: that of an evaluation of the
  /// step before, if there was one, and the step's own.
  package var metrics: [MetricsEntry]

  package init(
    state: RunState, previousChain: Digest, hiddenPixels: Int, isSkipped: Bool,
    metrics: [MetricsEntry]
  ) {
    self.state = state
    self.previousChain = previousChain
    self.hiddenPixels = hiddenPixels
    self.isSkipped = isSkipped
    self.metrics = metrics
  }

  package init(decoding bytes: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(StepNote.self, from: Data(bytes))
    } catch {
      throw RunError(
        description:
          "the journal was written by another release of Terrane and cannot be read by this "
          + "one (\((error as? DecodingError)?.summary ?? "\(error)")); go on with that release")
    }
  }

  package func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }
}
