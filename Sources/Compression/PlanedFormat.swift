// A number format of fixed size that `PlanedFloats` can cut into byte planes, and the loops over
// its values.

/// How one float becomes a word and comes back. The words' highest bytes are what compresses best,
/// so they should hold the exponent and no sign: random signs would break its repeats.
protocol PlanedFormat {
  /// As many bytes as the format has planes.
  associatedtype Word: FixedWidthInteger & BitwiseCopyable

  /// That of the codec; see `ChunkCodec`.
  static var wireNumber: UInt8 { get }
  /// The highest byte of a word is this or more exactly when its value is not finite.
  static var firstNonFiniteByte: UInt8 { get }

  static func word(_ value: Float) -> Word
  static func value(_ word: Word) -> Float

  /// `words[i] = word(values[i])`.
  static func write(_ values: UnsafeBufferPointer<Float>, to words: UnsafeMutablePointer<Word>)
  /// `target[i] = value(words[i])`, or `+=` when `adding`.
  static func read(
    _ words: UnsafePointer<Word>, into target: UnsafeMutableBufferPointer<Float>, adding: Bool)
}

/// The loops have no branches and independent iterations, which the compiler turns into vector
/// instructions for each format: written by hand with SIMD8, encoding bfloat16 took twice as long.
extension PlanedFormat {
  @inline(__always)
  static func write(_ values: UnsafeBufferPointer<Float>, to words: UnsafeMutablePointer<Word>) {
    guard let source = values.baseAddress else { return }
    for index in 0..<values.count { words[index] = word(source[index]) }
  }

  @inline(__always)
  static func read(
    _ words: UnsafePointer<Word>, into target: UnsafeMutableBufferPointer<Float>, adding: Bool
  ) {
    guard let start = target.baseAddress else { return }
    if adding {
      for index in 0..<target.count { start[index] += value(words[index]) }
    } else {
      for index in 0..<target.count { start[index] = value(words[index]) }
    }
  }
}
