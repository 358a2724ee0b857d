// How fast a link is, as people write it: "1Gbit,10ms". Not how it is made slow: see Benchmarks.

import Basics

/// The coordinator's link to its workers.
package struct LinkSpeed: Hashable, Sendable, CustomStringConvertible {
  /// Of Ethernet, in each direction at the same time.
  package let bitsPerSecond: Double
  /// One way, as netem, Mininet and ns-3 mean it: a round trip, which `ping` shows, takes twice.
  package let delay: Duration

  package static let bitsPerSecondBounds = 1e6...1e12
  package static let longestDelay: Duration = .seconds(10)

  package init(bitsPerSecond: Double, delay: Duration = .zero) {
    self.bitsPerSecond = bitsPerSecond
    self.delay = delay
  }

  /// Reads "200Mbit" or "1Gbit,10ms"; units in either case.
  /// - Throws: `LinkSpeedError` that says what is expected.
  package init(parsing text: String) throws(LinkSpeedError) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard let rate = parts.first, parts.count <= 2 else {
      throw LinkSpeedError(text, "it has \(parts.count) parts")
    }
    guard let bits = Self.value(of: rate, in: [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9)]) else {
      throw LinkSpeedError(text, "'\(String(rate).visible)' is not a rate")
    }
    guard Self.bitsPerSecondBounds.contains(bits) else {
      throw LinkSpeedError(text, "the rate must be between 1Mbit and 1000Gbit")
    }
    var delay = Duration.zero
    if parts.count == 2 {
      guard let seconds = Self.value(of: parts[1], in: [("us", 1e-6), ("ms", 1e-3), ("s", 1)])
      else { throw LinkSpeedError(text, "'\(String(parts[1]).visible)' is not a delay") }
      guard seconds <= Self.longestDelay.seconds else {
        throw LinkSpeedError(text, "the delay must be at most 10s")
      }
      delay = .seconds(seconds)
    }
    self.init(bitsPerSecond: bits, delay: delay)
  }

  /// A decimal number before one of the units, times what the unit stands for.
  private static func value(of text: Substring, in units: [(name: String, factor: Double)])
    -> Double?
  {
    let lowered = text.lowercased()
    guard let unit = units.first(where: { lowered.hasSuffix($0.name) }) else { return nil }
    let digits = lowered.dropLast(unit.name.count)
    guard digits.allSatisfy({ ("0"..."9").contains($0) || $0 == "." }) else { return nil }
    return Double(digits).map { $0 * unit.factor }
  }

  /// "1 Gbit/s, 10 ms one way".
  package var description: String {
    let (unit, scale) = bitsPerSecond < 1e9 ? ("Mbit/s", 1e6) : ("Gbit/s", 1e9)
    let number = HumanFormat.significant(bitsPerSecond / scale)
    let rate = "\(number) \(unit)"
    return delay == .zero ? rate : "\(rate), \(HumanFormat.duration(delay)) one way"
  }

  package var roundTripSeconds: Double { 2 * delay.seconds }

  /// What TCP carries in full frames of 1500 bytes, in one direction: 1448 bytes of data (IPv4,
  /// with timestamps) of 1538 on the wire, preamble and gap included.
  package var payloadBytesPerSecond: Double {
    bitsPerSecond / 8 * Self.payloadOfFrame / Self.frameOnWire
  }

  /// Bytes of data in a full frame.
  private static let payloadOfFrame = 1448.0
  /// Bytes that a full frame keeps the wire busy for.
  package static let frameOnWire = 1538.0
  /// Those of them that the system counts: without preamble, checksum and gap.
  package static let frameCounted = 1514.0
}

/// Words that are no speed of a link.
package struct LinkSpeedError: Error, CustomStringConvertible {
  package let description: String

  init(_ text: String, _ reason: String) {
    description =
      "\(reason) in '\(text.visible)'; expected a rate in Mbit or Gbit and, after a comma, the delay of one "
      + "way in us, ms or s: 200Mbit or 1Gbit,10ms"
  }
}
