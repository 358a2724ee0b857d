// Numbers as people read them: bytes, durations, counts, shares, rates. The same text in every
// locale. Not for files that programs read: those have JSON.

/// Pure functions from numbers to short text; what is not finite reads "–".
package enum HumanFormat {
  /// "512 B", "1.4 MiB", "23 GiB": binary units, two digits at least.
  package static func bytes(_ count: Int) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard count.magnitude >= 1024 else { return "\(count) B" }
    var value = Double(count) / 1024
    var unit = 0
    // A value that would round to 1024 is one of the next unit.
    while abs(value) >= 1023.5 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return "\(decimal(value, places: abs(value) < 9.95 ? 1 : 0)) \(units[unit])"
  }

  /// "850 µs", "12 ms", "4.2 s", "2 m 05 s", "3 h 07 m", "5 d 02 h": the two leading units.
  package static func duration(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let total = Double(seconds) + Double(attoseconds) * 1e-18
    if total < 0 { return "-" + self.duration(.zero - duration) }
    if total < 0.0009995 { return "\(decimal(total * 1e6, places: 0)) µs" }
    if total < 0.9995 { return "\(decimal(total * 1e3, places: 0)) ms" }
    if total < 9.95 { return "\(decimal(total, places: 1)) s" }
    let whole = attoseconds >= 500_000_000_000_000_000 ? seconds + 1 : seconds
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) m \((whole % 60).zeroPadded(to: 2)) s"
    case ..<86_400: return "\(whole / 3600) h \((whole / 60 % 60).zeroPadded(to: 2)) m"
    default: return "\(whole / 86_400) d \((whole / 3600 % 24).zeroPadded(to: 2)) h"
    }
  }

  /// The same of seconds from outside; "–" where no duration has so many.
  package static func duration(seconds: Double) -> String {
    abs(seconds) < longestSeconds ? duration(.seconds(seconds)) : "–"
  }

  /// 30,000 years: far within what `Duration` and the days in an `Int64` can hold.
  private static let longestSeconds = 1e12

  /// "1,234,567".
  package static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0 && (digits.count - place).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// "1 shard", "2 shards", "1,250 shards".
  package static func counted(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// "a, b, c", or "a, b, c and 4,997 more scenes": the first names and how many there are besides.
  package static func listed(_ names: [String], _ noun: String, first: Int) -> String {
    let shown = names.prefix(first).joined(separator: ", ")
    let rest = names.count - first
    let ending = rest == 1 ? "" : noun.hasSuffix("s") ? "es" : "s"
    return rest > 0 ? "\(shown) and \(count(rest)) more \(noun)\(ending)" : shown
  }

  /// "step 7", "steps 3, 4 and 9 to 40": numbers in order, the first ten runs of them.
  package static func numbered(_ noun: String, _ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = runs.last, number <= last.upperBound + 1 {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    var texts = runs.prefix(10).flatMap { run in
      run.count <= 2 ? run.map { "\($0)" } : ["\(run.lowerBound) to \(run.upperBound)"]
    }
    if runs.count > 10 { texts.append("others") }
    let last = texts.popLast() ?? "none"
    let list = texts.isEmpty ? last : texts.joined(separator: ", ") + " and " + last
    return "\(noun)\(numbers.count == 1 ? "" : "s") \(list)"
  }

  /// A share of 1 as "12.5 %".
  package static func percent(_ share: Double, places: Int = 1) -> String {
    "\(decimal(share * 100, places: places)) %"
  }

  /// A share of 1 as "10 %" or "12.5 %": a digit after the point where it is not zero.
  package static func shortPercent(_ share: Double) -> String {
    percent(share).replacing(".0 %", with: " %")
  }

  /// "31.4 pairs/s", "1,250 pairs/s": how many of something a second.
  package static func rate(_ perSecond: Double, of things: String) -> String {
    guard perSecond.isFinite, abs(perSecond) < 1e15 else { return "– \(things)/s" }
    let number =
      abs(perSecond) >= 99.95
      ? count(Int(perSecond.rounded()))
      : decimal(perSecond, places: abs(perSecond) < 9.995 ? 2 : 1)
    return "\(number) \(things)/s"
  }

  /// A number with exactly `places` digits (0 to 9) after the point, rounded half away from zero.
  package static func decimal(_ value: Double, places: Int) -> String {
    precondition((0...9).contains(places))
    guard value.isFinite else { return "–" }
    let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
    let scaled = (abs(value) * scale).rounded(.toNearestOrAwayFromZero)
    guard scaled < 1e18 else { return "\(value)" }
    let whole = UInt64(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard places > 0 else { return sign + String(whole) }
    let unit = UInt64(scale)
    return "\(sign)\(whole / unit).\((whole % unit).zeroPadded(to: places))"
  }

  /// A bar of `width` cells of which `share` (clamped to 0...1) is filled, in eighths of a cell.
  package static func bar(_ share: Double, width: Int) -> String {
    let clamped = share.isFinite ? min(max(share, 0), 1) : 0
    let eighths = Int(clamped * Double(width * 8))
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let filled = String(repeating: "█", count: eighths / 8) + partial
    return filled + String(repeating: " ", count: width - filled.count)
  }
}
