// What is wrong with a configuration, all of it at once, each with its place.

/// Everything that is wrong with a configuration.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// Where a value was given.
  public enum Place: Equatable, Sendable, CustomStringConvertible {
    /// Line and column count from 1.
    case file(path: String, line: Int, column: Int)
    /// The text that followed `--set`.
    case argument(String)

    public var description: String {
      switch self {
      case .file(let path, let line, let column): "\(path):\(line):\(column)"
      case .argument(let text): "--set \(text)"
      }
    }
  }

  public struct Problem: Equatable, Sendable, CustomStringConvertible {
    /// Nil when it is about defaults alone.
    public let place: Place?
    /// What is wrong and what is allowed.
    public let message: String

    public var description: String { (place.map { "\($0): " } ?? "") + message }
  }

  /// At least one; those of the file in the order of its lines, then those of the arguments.
  public let problems: [Problem]

  /// One line a problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
