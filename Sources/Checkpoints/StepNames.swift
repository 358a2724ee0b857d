// Names of files and folders that belong to a step.

import Basics

/// A prefix and the step in at least eight digits, so that names sort by step.
struct StepNames {
  let prefix: String
  private static let digits = 8

  func name(of step: Step) -> String {
    prefix + step.rawValue.zeroPadded(to: Self.digits)
  }

  /// Nil for every name that `name(of:)` does not give.
  func step(of name: String) -> Step? {
    guard name.hasPrefix(prefix), let number = UInt32(name.dropFirst(prefix.count)),
      self.name(of: Step(number)) == name
    else { return nil }
    return Step(number)
  }
}
