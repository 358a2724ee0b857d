// A time on a command line: a number of seconds, or one with its unit.

import ArgumentParser

/// At least a second, and at most a hundred days.
struct TimeSpan: ExpressibleByArgument {
  private static let longestSeconds = 8_640_000
  private static let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

  private let seconds: Int

  init(seconds: Int) { self.seconds = seconds }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit = argument.dropFirst(digits.count)
    guard let count = Int(digits), let size = unit.isEmpty ? 1 : Self.units[String(unit)] else {
      return nil
    }
    let (seconds, isTooLong) = count.multipliedReportingOverflow(by: size)
    guard !isTooLong, (1...Self.longestSeconds).contains(seconds) else { return nil }
    self.init(seconds: seconds)
  }

  var duration: Duration { .seconds(seconds) }

  var defaultValueDescription: String { "\(seconds)s" }
}
