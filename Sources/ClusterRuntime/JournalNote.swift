// What the journal keeps of a step beside the sum of its gradients.

import Foundation
import Foundations

/// With the gradient sum, all that is needed to make a step again and to tell of it as before.
package struct JournalNote: Codable, Equatable, Sendable {
  /// After the step.
  package var state: RunState
  /// What the gradient sum is divided by.
  package var hiddenPixels: Int
  /// Whether the step changed nothing; its gradient sum is zero then.
  package var isSkipped: Bool
  /// The lines of the metrics that came of the step, oldest first.
  package var metrics: [String]

  package init(state: RunState, hiddenPixels: Int, isSkipped: Bool, metrics: [String]) {
    self.state = state
    self.hiddenPixels = hiddenPixels
    self.isSkipped = isSkipped
    self.metrics = metrics
  }

  package init(decoding bytes: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(JournalNote.self, from: Data(bytes))
    } catch {
      throw RunError(
        description: "a note in the journal is whole but not of this release of Terrane: \(error)")
    }
  }

  package func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }
}
