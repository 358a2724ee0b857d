// Dates in metadata and in names. Careful: what may be a number, a tile or the day of processing is
// no date.

import Foundation
import Imagery

enum AcquisitionDates {
  /// What a name says.
  enum Finding: Equatable {
    case none
    case one(AcquisitionTime)
    /// Different days, and the name is of no convention that says which is meant.
    case several
  }

  /// Keys that say when an image was taken, from the most certain one on.
  private static let keys = [
    "ACQUISITIONDATETIME", "ACQUISITION_DATETIME", "ACQUISITION_DATE", "DATE_ACQUIRED",
    "PRODUCT_START_TIME", "SENSING_TIME", "DATATAKE_1_DATATAKE_SENSING_START",
    "GENERATION_TIME_START", "EXIF_DateTimeOriginal", "acquisition time", "acquisition_date",
    "datetime",
  ]

  /// What metadata say.
  struct Said: Hashable {
    var time: AcquisitionTime?
    /// A text in the place of a date that is none, where there is nothing better.
    var unusable: String?

    /// Nothing.
    init() {}

    /// What a text says; nil and the empty one say nothing.
    init(_ text: String?) {
      guard let text, !text.isEmpty else { return }
      time = AcquisitionDates.time(text)
      if time == nil { unusable = String(text.prefix(40)) }
    }
  }

  /// From GDAL's metadata of a raster.
  static func inMetadata(_ items: [String: String]) -> Said {
    let said = keys.map { Said(items[$0]) }
    return said.first { $0.time != nil } ?? said.first { $0.unusable != nil } ?? Said()
  }

  /// A date with or without a time, as metadata write it: ISO 8601, "2020:05:18 13:52:11",
  /// "2020/05/18 13:52:11+00", "20200518", "20200518T135211". Times without a zone are UTC.
  static func time(_ text: String) -> AcquisitionTime? {
    let trimmed = text.trimmingCharacters(in: CharacterSet(charactersIn: " \"\n\r\t"))
    if isCalendarDay(trimmed), let time = AcquisitionTime(trimmed) { return time }
    guard let match = matches(wholeDate, in: trimmed).first else { return nil }
    let numbers = match.dropFirst().map { $0 ?? "" }
    return time(
      year: numbers[0], month: numbers[2], day: numbers[3], hour: numbers[4], minute: numbers[5],
      second: numbers[6])
  }

  /// From a name's first group that is a date, by a user's pattern.
  /// - Throws: `InputError` for what is no regular expression.
  static func inName(_ name: String, pattern: String) throws -> AcquisitionTime? {
    guard let expression = try? NSRegularExpression(pattern: pattern) else {
      throw InputError.wrongDatePattern(pattern: pattern)
    }
    return matches(expression, in: name).lazy.flatMap { $0.count > 1 ? $0.dropFirst() : $0[...] }
      .compactMap { $0.flatMap(time) }.first
  }

  /// Eight digits, or a date with hyphens or underscores, between what are no digits; a time only
  /// after a T. From 1970 to 2100.
  static func inName(_ name: String) -> Finding {
    let found = matches(dateInName, in: name).compactMap { groups -> AcquisitionTime? in
      let numbers = groups.dropFirst().map { $0 ?? "" }
      return time(
        year: numbers[0], month: numbers[2], day: numbers[3], hour: numbers[4],
        minute: numbers[5], second: numbers[6])
    }.filter { (0..<47847).contains($0.day) }  // To the end of 2100.
    guard let first = found.first else { return .none }
    let isConvention = !matches(firstIsSensing, in: name).isEmpty
    if !isConvention && Set(found.map(\.day)).count > 1 { return .several }
    return .one(found.first { $0.day == first.day && !$0.isDayAlone } ?? first)
  }

  /// Landsat's and Sentinel's names hold the day of sensing and then the day of processing.
  private static let firstIsSensing = compile(#"^(L[A-Z]\d{2}_|S[1-6][A-D]_)"#)

  private static let dateInName = compile(
    #"(?<!\d)((?:19|20|21)\d{2})([-_]?)(\d{2})\2(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})Z?)?(?!\d)"#)

  private static let wholeDate = compile(
    #"^(\d{4})([-:/]?)(\d{2})\2(\d{2})(?:[T ](\d{2}):?(\d{2}):?(\d{2})(?:\.\d*)?"#
      + #"(?:Z| ?UTC|\+00(?::?00)?)?)?$"#)

  private static func time(
    year: String, month: String, day: String, hour: String, minute: String, second: String
  ) -> AcquisitionTime? {
    let date = "\(year)-\(month)-\(day)"
    guard isCalendarDay(date) else { return nil }
    if let hours = Int(hour), let minutes = Int(minute), let seconds = Int(second),
      hours < 24, minutes < 60, seconds < 60
    {
      return AcquisitionTime("\(date)T\(hour):\(minute):\(second)Z")
    }
    return AcquisitionTime(date)
  }

  /// Whether a text begins with a day that the calendar has.
  private static func isCalendarDay(_ text: String) -> Bool {
    let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3, (1...12).contains(parts[1]) else { return false }
    let isLeap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[parts[1] - 1]).contains(parts[2])
  }

  private static func compile(_ pattern: String) -> NSRegularExpression? {
    try? NSRegularExpression(pattern: pattern)
  }

  /// The groups of every match, the whole first.
  private static func matches(_ expression: NSRegularExpression?, in text: String) -> [[String?]] {
    let found = expression?.matches(in: text, range: NSRange(text.startIndex..., in: text)) ?? []
    return found.map { match in
      (0..<match.numberOfRanges).map { group in
        Range(match.range(at: group), in: text).map { String(text[$0]) }
      }
    }
  }
}
