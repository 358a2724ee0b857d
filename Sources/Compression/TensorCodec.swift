// Chunks of floats as bytes that describe and check themselves, and back, by whichever codec is
// named. Not here: which chunk of what the bytes are, which the message, journal or file around
// them says.

import Basics

/// Encodes and decodes chunks with the registered codecs, whose working memory it holds: one a
/// thread.
///
/// The bytes depend on the values, the codec, the key and the version of LZ4 only.
package final class TensorCodec {
  /// Values that a chunk may have.
  private let capacity: Int
  /// Those that were used so far.
  private var codecs: [CodecKind: any ChunkCodec] = [:]
  /// Holds any chunk.
  private let output: UnsafeMutableRawBufferPointer

  /// - Parameter valuesPerChunk: the most that a chunk will have.
  package init(valuesPerChunk: Int = ChunkGrid.valuesPerChunk) {
    capacity = valuesPerChunk
    let bytes = CodecKind.allCases.map {
      Self.maximumEncodedBytes($0, count: valuesPerChunk)
    }
    output = .allocate(byteCount: bytes.max() ?? 0, alignment: 64)
  }

  deinit { output.deallocate() }

  /// No chunk of `count` values takes more, whatever they are.
  package static func maximumEncodedBytes(_ kind: CodecKind, count: Int) -> Int {
    ChunkFrame.maximumBytes(kind.codec, count: count)
  }

  /// The values as a chunk.
  /// - Parameter key: which values they are.
  /// - Precondition: 1 to `valuesPerChunk` values.
  package func encode(
    _ values: UnsafeBufferPointer<Float>, as kind: CodecKind, key: ChunkKey
  ) -> [UInt8] {
    precondition(!values.isEmpty && values.count <= capacity)
    let bytes = ChunkFrame.encode(values, key: key, with: codec(kind), into: output)
    return [UInt8](UnsafeRawBufferPointer(output)[..<bytes])
  }

  /// Writes the chunk's values over `target`, whose count they must have.
  /// - Returns: whether all values are finite.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has 1 to `valuesPerChunk` values.
  package func decode(
    _ chunk: [UInt8], as kind: CodecKind, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    try decode(chunk, kind, adding: false, target)
  }

  /// Adds the chunk's values to those of `target`, unless one of them is not finite: an ordered sum
  /// is not to be spoilt by one worker.
  /// - Returns: whether all values are finite; if not, `target` is as it was.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has 1 to `valuesPerChunk` values.
  package func decodeAdding(
    _ chunk: [UInt8], as kind: CodecKind, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    try decode(chunk, kind, adding: true, target)
  }

  private func decode(
    _ chunk: [UInt8], _ kind: CodecKind, adding: Bool, _ target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    precondition(!target.isEmpty && target.count <= capacity)
    let codec = codec(kind)
    return try chunk.withUnsafeBufferPointer { (bytes) throws(CodecError) in
      try ChunkFrame.decode(
        UnsafeRawBufferPointer(bytes), with: codec, adding: adding, into: target)
    }
  }

  private func codec(_ kind: CodecKind) -> any ChunkCodec {
    if let codec = codecs[kind] { return codec }
    let codec = kind.codec.init(capacity: capacity)
    codecs[kind] = codec
    return codec
  }
}
