// What `int8` and `int4` differ in.

/// How many bits an integer of a block takes, and how they lie.
protocol IntegerFormat {
  /// That of the codec; see `ChunkCodec`.
  static var wireNumber: UInt8 { get }
  /// Integers are in −limit…limit.
  static var limit: Int8 { get }
  /// Of the integers of a whole block.
  static var bytesPerBlock: Int { get }

  /// - Parameter integers: a block's, in two's complement.
  static func pack(
    _ integers: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>)
  /// Undoes `pack`, whatever the bytes are.
  static func unpack(
    _ bytes: UnsafePointer<UInt8>, into integers: UnsafeMutablePointer<Int8>)
}
