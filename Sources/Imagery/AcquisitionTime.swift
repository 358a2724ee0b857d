// When a scene was taken. Dates come from metadata of many kinds; here they have one form.

import Foundation

/// When a scene was taken, in UTC, to the second or to the day. Its text is ISO 8601:
/// "2020-05-18T13:52:11Z" or "2020-05-18".
public struct AcquisitionTime: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Whole seconds since 1970-01-01T00:00:00Z, at noon where only the day is known.
  public let secondsSince1970: Int64
  /// Whether the time of the day is not known.
  public let isDayAlone: Bool

  /// What `description` gives, and ISO 8601 with fractions of a second or another time zone.
  /// - Returns: nil for other texts, and for years before 1900 or after 2200.
  public init?(_ text: String) {
    let isDayAlone = text.utf8.count == "2020-05-18".utf8.count
    let full = isDayAlone ? text + "T12:00:00Z" : text
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
    let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let date = (try? style.parse(full)) ?? (try? fractional.parse(full)),
      Self.range.contains(date.timeIntervalSince1970)
    else { return nil }
    secondsSince1970 = Int64(date.timeIntervalSince1970.rounded(.down))
    self.isDayAlone = isDayAlone
  }

  /// From 1900 to 2200.
  private static let range = -2_208_988_800.0...7_258_118_400.0

  /// ISO 8601, see above.
  public var description: String {
    let date = Date(timeIntervalSince1970: Double(secondsSince1970))
    let text = date.formatted(Date.ISO8601FormatStyle())
    return isDayAlone ? String(text.prefix { $0 != "T" }) : text
  }

  /// Days since 1970-01-01, by UTC.
  public var day: Int { Int((Double(secondsSince1970) / 86400).rounded(.down)) }

  /// The earlier one first.
  public static func < (a: AcquisitionTime, b: AcquisitionTime) -> Bool {
    (a.secondsSince1970, a.isDayAlone ? 1 : 0) < (b.secondsSince1970, b.isDayAlone ? 1 : 0)
  }
}

extension AcquisitionTime: Codable {
  /// From its text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let time = AcquisitionTime(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not a date")
    }
    self = time
  }

  /// As its text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
