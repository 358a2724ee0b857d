// Another try, a little later, for what failed because the system was short of something.

import Basics
import Foundation

/// How often and after which pauses to try again.
package struct ShortageRetry: Sendable {
  /// Between one try and the next; there is one try more than pauses.
  private let pauses: [Duration]

  /// About three seconds in all, unless somebody knows better.
  package init(
    pauses: [Duration] = [.milliseconds(100), .milliseconds(400), .seconds(1), .seconds(2)]
  ) {
    self.pauses = pauses
  }

  /// Calls `body` until it does not fail for want of something.
  /// - Parameter isStopped: asked before each further try; when it says yes, there is none.
  /// - Throws: what the last call threw.
  package func callAsFunction<Result>(
    unless isStopped: @autoclosure () -> Bool = false, _ body: () throws -> Result
  ) throws -> Result {
    for pause in pauses {
      do {
        return try body()
      } catch {
        if (error as? any SystemError)?.shortage == nil || isStopped() { throw error }
      }
      Thread.sleep(forTimeInterval: pause.seconds)
    }
    return try body()
  }
}
