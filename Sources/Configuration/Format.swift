// How one value of a configuration is written, and what it may be. Knows nothing of sections or
// files.

import Basics

/// A scalar of a YAML file or of an argument.
struct Scalar {
  let text: String
  /// Quotes make a word of anything: `"300"` is not a number.
  let isQuoted: Bool
  /// What a list holds, for the few values that may be one; nil for a single value.
  var list: [Scalar]?

  var isNull: Bool { !isQuoted && ["", "~", "null", "Null", "NULL"].contains(text) }
}

/// The two directions between text and a value, with its bounds.
struct Format<Value: Sendable>: Sendable {
  /// What is allowed, to follow "must be": "a whole number from 1 to 64".
  let allowed: String
  /// Nil for what is not allowed.
  let parse: @Sendable (Scalar) -> Value?
  /// Text that `parse` gives the value back from, and YAML too.
  let print: @Sendable (Value) -> String
  /// Whether `parse` looks at lists.
  var takesList = false
}

extension Format where Value: FixedWidthInteger {
  static func whole(_ bounds: ClosedRange<Value>) -> Self {
    Self(
      allowed: "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)",
      parse: { scalar in
        guard !scalar.isQuoted, let value = Value(scalar.text) else { return nil }
        return bounds.contains(value) ? value : nil
      },
      print: { "\($0)" })
  }
}

extension Format<Double> {
  static func number(_ bounds: ClosedRange<Double>) -> Self {
    number("from \(short(bounds.lowerBound)) to \(short(bounds.upperBound))", bounds.contains)
  }

  static func number(_ bounds: Range<Double>) -> Self {
    number(
      "from \(short(bounds.lowerBound)) to below \(short(bounds.upperBound))", bounds.contains)
  }

  private static func number(
    _ bounds: String, _ contains: @escaping @Sendable (Double) -> Bool
  ) -> Self {
    Self(
      allowed: "a number \(bounds)",
      parse: { scalar in
        guard !scalar.isQuoted, scalar.text.allSatisfy("0123456789+-.eE".contains),
          let value = Double(scalar.text), contains(value)
        else { return nil }
        return value
      },
      print: short)
  }

  /// The shortest text that reads back as the same number: "1" rather than "1.0".
  @Sendable private static func short(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension Format<Bool> {
  static var flag: Self {
    Self(
      allowed: "true or false",
      parse: { $0.isQuoted ? nil : Bool($0.text) },
      print: { "\($0)" })
  }
}

extension Format where Value: RawRepresentable<String> & CaseIterable {
  static var choice: Self {
    Self(
      allowed: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
      parse: { Value(rawValue: $0.text) },
      print: { $0.rawValue })
  }
}

extension Format<String> {
  /// A path that fits one line of a file.
  static var path: Self {
    Self(
      allowed: "a path of 1 to 4096 printable characters",
      parse: { scalar in
        let isPrintable = scalar.text.unicodeScalars.allSatisfy(Self.isPrintable)
        let fits = (1...4096).contains(scalar.text.unicodeScalars.count)
        return fits && isPrintable && !scalar.isNull ? scalar.text : nil
      },
      print: { "'" + $0.replacing("'", with: "''") + "'" })
  }

  /// What something is called, for example a field of a table.
  static var name: Self {
    Self(
      allowed: "a name of 1 to 4096 printable characters", parse: path.parse, print: path.print)
  }

  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: false
    default: scalar != "\u{FEFF}"
    }
  }
}

extension Format<Duration> {
  static func duration(_ bounds: ClosedRange<Duration>) -> Self {
    let print: @Sendable (Duration) -> String = { Unit.print($0.nanoseconds, in: Unit.ofTime) }
    return Self(
      allowed:
        "a duration from \(print(bounds.lowerBound)) to \(print(bounds.upperBound)), "
        + "like 500ms, 10s, 2m or 1h",
      parse: { scalar in
        guard let nanoseconds = Unit.parse(scalar.text, in: Unit.ofTime) else { return nil }
        let value = Duration.nanoseconds(nanoseconds)
        return bounds.contains(value) ? value : nil
      },
      print: print)
  }
}

extension Format<Int> {
  static func bytes(_ bounds: ClosedRange<Int>) -> Self {
    let print: @Sendable (Int) -> String = { Unit.print(Int64($0), in: Unit.ofSize) }
    return Self(
      allowed:
        "a size from \(print(bounds.lowerBound)) to \(print(bounds.upperBound)), "
        + "in bytes or like 512MiB",
      parse: { scalar in
        guard let count = Unit.parse(scalar.text, in: Unit.ofSize) else { return nil }
        return bounds.contains(Int(count)) ? Int(count) : nil
      },
      print: print)
  }
}

extension Format<[String]> {
  /// One path, or a list of several.
  static var paths: Self {
    let path = Format<String>.path
    return Self(
      allowed: path.allowed + ", or a list of them",
      parse: { scalar in
        let paths = (scalar.list ?? [scalar]).map(path.parse)
        return paths.isEmpty || paths.contains(nil) ? nil : paths.compactMap { $0 }
      },
      print: { paths in
        let texts = paths.map(path.print)
        return texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
      },
      takesList: true)
  }
}

extension Format {
  /// A value, or a word for none.
  /// - Parameters:
  ///   - word: "null", or another one.
  ///   - meaning: what the word stands for, to follow it.
  static func optional<Wrapped>(
    _ format: Format<Wrapped>, none word: String, _ meaning: String = ""
  ) -> Self where Value == Wrapped? {
    Self(
      allowed: format.allowed + ", or \(word)" + (meaning.isEmpty ? "" : " " + meaning),
      parse: { scalar in
        if scalar.isNull || scalar.text == word { return .some(nil) }
        return format.parse(scalar).map(Optional.some)
      },
      print: { $0.map(format.print) ?? word })
  }
}

/// What may follow a whole number: `10s`, `512MiB`.
private struct Unit {
  let name: String
  let size: Int64

  /// In nanoseconds, largest first.
  static let ofTime = [
    Unit(name: "h", size: 3_600_000_000_000), Unit(name: "m", size: 60_000_000_000),
    Unit(name: "s", size: 1_000_000_000), Unit(name: "ms", size: 1_000_000),
  ]

  /// In bytes, largest first.
  static let ofSize = [
    Unit(name: "TiB", size: 1 << 40), Unit(name: "GiB", size: 1 << 30),
    Unit(name: "MiB", size: 1 << 20), Unit(name: "KiB", size: 1 << 10), Unit(name: "", size: 1),
  ]

  static func parse(_ text: String, in units: [Unit]) -> Int64? {
    let digits = text.prefix { "0123456789".contains($0) }
    let name = text.dropFirst(digits.count).drop { $0 == " " }
    guard let count = Int64(digits), let unit = units.first(where: { $0.name == name })
    else { return nil }
    let (value, overflow) = count.multipliedReportingOverflow(by: unit.size)
    return overflow ? nil : value
  }

  /// In the largest unit that leaves a whole number.
  static func print(_ value: Int64, in units: [Unit]) -> String {
    let fitting = units.first { value != 0 && value.isMultiple(of: $0.size) }
    let unit = fitting ?? units[units.count - 1]
    return "\(value / unit.size)\(unit.name)"
  }
}
