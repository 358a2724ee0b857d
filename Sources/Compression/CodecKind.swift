// The number formats that tensors travel in.

/// How values are written before planes are shuffled and compressed.
package enum CodecKind: String, CaseIterable, Sendable, Codable {
  /// IEEE single precision: nothing is lost.
  case float32
  /// The upper half of a single, rounded to nearest even: 8 bits of significand.
  case bfloat16
}
