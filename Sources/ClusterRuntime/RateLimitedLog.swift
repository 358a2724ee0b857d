// What the log says of messages that nobody can read or asked for: a flood of them must not fill
// the disk.

import Basics

/// The first lines of a minute one by one, and of the rest their number when the minute is over.
package struct RateLimitedLog {
  /// Lines that are said in any minute, beside one with the numbers of the minute before.
  package static let linesPerMinute = 8

  private var minuteBegan: Instant?
  private var said = 0
  private var unsaid = 0
  private var cutOff = 0
  private let noun: String
  private let verb: String

  /// - Parameters:
  ///   - noun: what is counted where it is left unsaid.
  ///   - verb: what is the matter with them.
  package init(
    of noun: String = "message", _ verb: String = "could not be read or came unbidden"
  ) {
    self.noun = noun
    self.verb = verb
  }

  /// - Returns: the text, or nil when enough was said in this minute.
  package mutating func line(_ text: String, at now: Instant) -> String? {
    if minuteBegan == nil { minuteBegan = now }
    guard said < Self.linesPerMinute else {
      unsaid += 1
      return nil
    }
    said += 1
    return text
  }

  package mutating func noteCutOff() { cutOff += 1 }

  /// What was left unsaid in a minute that is over; nil when nothing was, or the minute goes on.
  package mutating func summary(at now: Instant) -> String? {
    guard let minuteBegan, now - minuteBegan >= .seconds(60) else { return nil }
    return end()
  }

  /// What was left unsaid until now.
  package mutating func end() -> String? {
    defer { self = RateLimitedLog(of: noun, verb) }
    if unsaid == 0 { return nil }
    let cut = cutOff > 0 ? "; \(HumanFormat.counted(cutOff, "connection")) cut off" : ""
    return "\(HumanFormat.counted(unsaid, "more \(noun)")) \(verb)\(cut)"
  }
}
