// A run's own configuration that is not whole. Not for what somebody wrote wrongly: that is
// `ConfigurationError`.

import Basics

/// The file that a run saved lacks something that it had.
package struct DamagedConfiguration: Error, Equatable, CustomStringConvertible {
  package let path: String
  package let isEmpty: Bool
  /// Whether its last line is there.
  package let isEnded: Bool
  /// Values that are not there, by full name, as far as it can be read.
  package let missing: [String]

  /// More are counted.
  private static let namesShown = 5

  package var description: String {
    let end = isEnded ? [] : ["its last line, which says how many values there are"]
    let names = HumanFormat.listed(missing, "value", first: Self.namesShown)
    let lacks = (missing.isEmpty ? [] : [names]) + end
    let what = isEmpty ? "it is empty" : "it lacks \(lacks.joined(separator: ", and "))"
    return "\(path) is damaged: \(what). What the run was started with is told by no other file: "
      + "put back a whole copy of it. Nothing of the run was changed"
  }
}
