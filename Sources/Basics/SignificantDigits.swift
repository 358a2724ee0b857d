// Numbers of any size as people read them: those of statistics, which may be reflectances, counts
// or energies.

import Foundation

extension HumanFormat {
  private static let digits = 4

  /// "1235", "12.3", "0.04537", "2.312e+28": four significant digits, whole numbers in full up to
  /// nine, without zeros at the end.
  package static func significant(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    if value == 0 { return "0" }
    // C's text in the C locale: rounded to the digits, with the exponent that it then has.
    let scientific = String(format: "%.\(digits - 1)e", value)
    guard let mark = scientific.firstIndex(of: "e"),
      let exponent = Int(scientific[scientific.index(after: mark)...])
    else { return scientific }
    guard (-4...8).contains(exponent) else {
      return withoutZeros(String(scientific[..<mark])) + scientific[mark...]
    }
    return withoutZeros(decimal(value, places: max(0, digits - 1 - exponent)))
  }

  /// A number without zeros behind its point.
  private static func withoutZeros(_ text: String) -> String {
    guard text.contains(".") else { return text }
    let end = text.lastIndex { $0 != "0" } ?? text.startIndex
    return String(text[end] == "." ? text[..<end] : text[...end])
  }
}
