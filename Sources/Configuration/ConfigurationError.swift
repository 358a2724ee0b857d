// What is wrong with a configuration, all of it at once, each with its place.

import Basics

/// Everything that is wrong with a configuration.
package struct ConfigurationError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
  /// Where a value was given.
  package enum Place: Equatable, Sendable, CustomStringConvertible {
    /// Line and column count from 1.
    case file(path: String, line: Int, column: Int)
    /// The text that followed `--set`.
    case argument(String)

    package var description: String {
      switch self {
      case .file(let path, let line, let column): "\(path.visible):\(line):\(column)"
      case .argument(let text): "--set \(text.visible)"
      }
    }
  }

  package struct Problem: Equatable, Sendable, CustomStringConvertible {
    /// Nil when it is about defaults alone.
    package let place: Place?
    /// What is wrong and what is allowed.
    package let message: String

    package var description: String { (place.map { "\($0): " } ?? "") + message }
  }

  /// At least one; those of the file in the order of its lines, then those of the arguments.
  package let problems: [Problem]

  /// A mistake in an argument is wrong usage.
  package var exitStatus: ExitStatus {
    let isOfArgument = problems.contains { if case .argument? = $0.place { true } else { false } }
    return isOfArgument ? .usage : .failure
  }

  /// One line a problem.
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
