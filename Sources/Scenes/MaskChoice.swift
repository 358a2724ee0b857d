// Which values of a quality layer make pixels invalid, as users write it.

import Basics

/// "SCL:0,1,3,8-10" or "QA_PIXEL:bits:1,3,4".
package struct MaskChoice: Hashable, Sendable, Codable {
  /// The quality layer's name.
  package var layer: String
  /// Pixels of these values are invalid.
  package var values: [Int] = []
  /// So are pixels that have any of these bits set.
  package var bits: [Int] = []

  /// The most values that a choice names.
  private static let mostValues = 65536
  /// The highest bit of a 32-bit layer.
  private static let highestBit = 31

  /// - Throws: `InputError` for another text.
  package init(_ text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let layer = parts.first, !layer.isEmpty, parts.count == 2 || parts.count == 3,
      parts.count == 2 || parts[1] == "bits", let last = parts.last
    else { throw InputError.wrongMask(text) }
    self.layer = layer
    var numbers: [Int] = []
    for item in last.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = Self.range(item), range.count + numbers.count <= Self.mostValues else {
        throw InputError.wrongMask(text)
      }
      numbers += range
    }
    if parts.count == 3 {
      guard numbers.allSatisfy({ (0...Self.highestBit).contains($0) }) else {
        throw InputError.wrongMask(text)
      }
      bits = numbers
    } else {
      values = numbers
    }
  }

  /// "8" or "8-10"; the first number may be negative.
  private static func range(_ text: Substring) -> ClosedRange<Int>? {
    if let number = Int(text) { return number...number }
    guard let hyphen = text.dropFirst().firstIndex(of: "-"),
      let first = Int(text[..<hyphen]), let last = Int(text[text.index(after: hyphen)...]),
      first <= last, last - first < mostValues
    else { return nil }
    return first...last
  }
}
