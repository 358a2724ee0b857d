// What a codec of chunks has to do. A new one is a file with a type that conforms, and a case of
// `CodecKind`. Not here: the head with checksum and count, which `ChunkFrame` puts around every
// codec's bytes.

import Basics

/// What an encoder wrote.
package struct EncodedBody: Equatable {
  package var bytes: Int
  /// A byte of the chunk's head that is the codec's own.
  package var flags: UInt8

  package init(bytes: Int, flags: UInt8 = 0) {
    self.bytes = bytes
    self.flags = flags
  }
}

/// What a decoder found.
package struct DecodedChunk {
  /// Whether all values are finite.
  package let isFinite: Bool
  /// Of values that are finite; nil where nobody asked for it.
  package let measure: ChunkMeasure?
}

/// Turns chunks of floats into bytes of any length and back, with working memory of its own: one
/// thread uses it at a time.
///
/// Equal values with equal keys give equal bytes on every machine. A chunk whose values are all
/// minus zero decodes to minus zeros: that is how a step is said that changes nothing.
package protocol ChunkCodec: AnyObject {
  /// Stands for the codec in a chunk's head: part of the format, never to be changed or given
  /// twice.
  static var wireNumber: UInt8 { get }
  /// No chunk of these parts takes more bytes, whatever its values are.
  static func maximumBytes(_ parts: ChunkParts) -> Int

  /// - Parameter capacity: the most values that a chunk will have.
  init(capacity: Int)

  /// Encodes to the start of `body`. A value that is not finite must not become finite.
  /// - Precondition: 1 to `capacity` values, as many as the parts have; `body` holds
  ///   `maximumBytes` for them.
  func encode(
    _ values: UnsafeBufferPointer<Float>, _ parts: ChunkParts, key: ChunkKey,
    into body: UnsafeMutableRawBufferPointer
  ) -> EncodedBody

  /// Writes the values over `target`, or adds them to it unless one of them is not finite.
  /// - Parameters:
  ///   - body: bytes of a peer, whose checksum is right: they may still be anything.
  ///   - flags: what the encoder gave.
  ///   - key: of the fingerprint; nil where the values need not be measured. The measure follows
  ///     from the values alone, not from LZ4's version or whatever else is behind the bytes.
  /// - Returns: whether all values are finite; if not, `target` is as it was when `adding`.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has 1 to `capacity` values, as many as the parts have.
  func decode(
    _ body: UnsafeRawBufferPointer, flags: UInt8, _ parts: ChunkParts, adding: Bool,
    measuredBy key: UInt64?, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> DecodedChunk
}
