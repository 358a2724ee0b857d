// Checked reading of unpacked headers: each function names the field it was asked for when it
// throws.

import Basics
import CWireMessages

enum HeaderReader {
  /// The header frame of a message, checked before it is unpacked.
  static func headerFrame(of frames: [[UInt8]]) throws(WireError) -> [UInt8] {
    guard let header = frames.first else { throw .empty }
    guard header.count <= WireLimits.headerBytes else {
      throw .headerTooLong(bytes: header.count, limit: WireLimits.headerBytes)
    }
    return header
  }

  static func expectFrames(_ expected: Int, of message: String, in frames: [[UInt8]])
    throws(WireError)
  {
    guard frames.count == expected else {
      throw .wrongFrameCount(message: message, expected: expected, found: frames.count)
    }
  }

  /// The payload of a chunk message, which has two frames.
  static func chunkPayload(of message: String, in frames: [[UInt8]]) throws(WireError) -> [UInt8] {
    try expectFrames(2, of: message, in: frames)
    try checkLength(
      frames[1].count, in: 1...WireLimits.chunkPayloadBytes, "\(message).payload", "bytes")
    return frames[1]
  }

  static func checkLength(
    _ count: Int, in allowed: ClosedRange<Int>, _ field: String, _ unit: String
  ) throws(WireError) {
    guard allowed.contains(count) else {
      throw .outOfRange(
        field: field, found: "\(count) \(unit) long",
        allowed: "\(allowed.lowerBound) to \(allowed.upperBound) \(unit)")
    }
  }

  /// A field that protobuf-c marks with `has_…`.
  static func required<Value>(_ has: protobuf_c_boolean, _ value: Value, _ field: String)
    throws(WireError) -> Value
  {
    if has == 0 { throw .missingField(field) }
    return value
  }

  static func required<Message>(_ message: UnsafeMutablePointer<Message>?, _ field: String)
    throws(WireError) -> Message
  {
    guard let message else { throw .missingField(field) }
    return message.pointee
  }

  static func inRange<Value: Comparable>(
    _ value: Value, _ allowed: ClosedRange<Value>, _ field: String
  ) throws(WireError) -> Value {
    guard allowed.contains(value) else {
      throw .outOfRange(
        field: field, found: "\(value)",
        allowed: "\(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return value
  }

  static func text(_ text: UnsafeMutablePointer<CChar>?, _ field: String, limit: Int)
    throws(WireError) -> String
  {
    guard let text else { throw .missingField(field) }
    guard let string = String(validatingCString: text) else { throw .notUTF8(field: field) }
    try checkLength(string.utf8.count, in: 0...limit, field, "bytes")
    return string
  }

  static func name(_ field: UnsafeMutablePointer<CChar>?, _ name: String)
    throws(WireError) -> String
  {
    try text(field, name, limit: WireLimits.nameBytes)
  }

  static func reason(_ field: UnsafeMutablePointer<CChar>?, _ name: String)
    throws(WireError) -> String
  {
    try text(field, name, limit: WireLimits.reasonBytes)
  }

  static func digest(_ message: Terrane__Wire__Digest, _ field: String)
    throws(WireError) -> Digest
  {
    Digest(
      high: try required(message.has_high, message.high, "\(field).high"),
      low: try required(message.has_low, message.low, "\(field).low"))
  }

  static func bounds(_ message: Terrane__Wire__MaskRatioBounds, _ field: String)
    throws(WireError) -> MaskRatioBounds
  {
    try checked(
      MaskRatioBounds(
        minimum: try required(message.has_minimum, message.minimum, "\(field).minimum"),
        maximum: try required(message.has_maximum, message.maximum, "\(field).maximum")), field)
  }

  /// Shares of all patches, in order, below 1. NaN is outside.
  static func checked(_ bounds: MaskRatioBounds, _ field: String)
    throws(WireError) -> MaskRatioBounds
  {
    guard bounds.minimum >= 0, bounds.minimum <= bounds.maximum, bounds.maximum < 1 else {
      throw .outOfRange(
        field: field, found: "\(bounds.minimum) to \(bounds.maximum)",
        allowed: "0 ≤ minimum ≤ maximum < 1")
    }
    return bounds
  }
}
