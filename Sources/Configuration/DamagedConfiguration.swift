// A run's own configuration that is not whole. Not for what somebody wrote wrongly: that is
// `ConfigurationError`.

import Basics

/// The file that a run saved lacks something that it had.
package struct DamagedConfiguration: Error, Equatable, CustomStringConvertible {
  package let path: String
  package let isEmpty: Bool
  /// How many values its last line tells of; nil where that line is missing.
  package let toldCount: Int?
  package let foundCount: Int
  /// Values that are not there, by full name, as far as it can be read.
  package let missing: [String]

  /// More are counted.
  private static let namesShown = 5

  package var description: String {
    let end = toldCount == nil ? ["its last line, which says how many values there are"] : []
    let names = HumanFormat.listed(missing, "value", first: Self.namesShown)
    let lacks = (missing.isEmpty ? [] : [names]) + end
    let what =
      if isEmpty {
        "it is empty"
      } else if let toldCount, missing.isEmpty {
        "its last line tells of \(toldCount) values, and it has \(foundCount)"
      } else {
        "it lacks \(lacks.joined(separator: ", and "))"
      }
    return "\(path) is damaged: \(what). What the run was started with is told by no other file: "
      + "put back a whole copy of it. Nothing of the run was changed"
  }
}
