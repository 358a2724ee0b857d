// Chunks of floats as bytes that describe and check themselves, and back, by whichever codec is
// named. Not here: which chunk of what the bytes are, which the message, journal or file around
// them says.

import Basics

/// Encodes and decodes chunks of vectors of one layout with the registered codecs, whose working
/// memory it holds: one a thread.
///
/// The bytes depend on the values, the layout, the codec, the key and the version of LZ4 only.
package final class TensorCodec {
  package let layout: ChunkedLayout
  /// Those that were used so far.
  private var codecs: [CodecKind: any ChunkCodec] = [:]
  /// Holds any chunk.
  private let output: UnsafeMutableRawBufferPointer

  package init(_ layout: ChunkedLayout) {
    self.layout = layout
    let bytes = CodecKind.allCases.map { Self.maximumEncodedBytes($0, layout) }
    output = .allocate(byteCount: bytes.max() ?? 0, alignment: 64)
  }

  deinit { output.deallocate() }

  /// No chunk of the layout takes more, whatever its values are.
  package static func maximumEncodedBytes(_ kind: CodecKind, _ layout: ChunkedLayout) -> Int {
    layout.all.map { ChunkFrame.maximumBytes(kind.codec, $0) }.max() ?? 0
  }

  /// The values as a chunk.
  /// - Parameter key: which values they are.
  /// - Precondition: as many values as the layout's chunk has.
  package func encode(
    _ values: UnsafeBufferPointer<Float>, as kind: CodecKind, key: ChunkKey
  ) -> [UInt8] {
    let parts = layout[key.chunk]
    precondition(values.count == parts.count)
    let bytes = ChunkFrame.encode(values, parts, key: key, with: codec(kind), into: output)
    return [UInt8](UnsafeRawBufferPointer(output)[..<bytes])
  }

  /// Writes an encoded chunk's values over `target`, whose count they must have.
  /// - Parameter chunk: which one of the layout it is.
  /// - Returns: whether all values are finite.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has as many values as the layout's chunk.
  package func decode(
    _ payload: [UInt8], of chunk: ChunkIndex, as kind: CodecKind,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    try decode(payload, chunk, kind, adding: false, measuredBy: nil, target).isFinite
  }

  /// Adds an encoded chunk's values to those of `target`, unless one of them is not finite: an
  /// ordered sum is not to be spoilt by one worker.
  /// - Parameter chunk: which one of the layout it is.
  /// - Returns: whether all values are finite; if not, `target` is as it was.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has as many values as the layout's chunk.
  package func decodeAdding(
    _ payload: [UInt8], of chunk: ChunkIndex, as kind: CodecKind,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    try decode(payload, chunk, kind, adding: true, measuredBy: nil, target).isFinite
  }

  /// Writes an encoded chunk's values over `target`, or adds them to it unless one of them is not
  /// finite.
  /// - Parameters:
  ///   - chunk: which one of the layout it is.
  ///   - key: of the values' fingerprint.
  /// - Returns: what the values come to; nil when one is not finite, and then `target` is as it was
  ///   when `adding`.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has as many values as the layout's chunk.
  package func decodeMeasuring(
    _ payload: [UInt8], of chunk: ChunkIndex, as kind: CodecKind, adding: Bool, key: UInt64,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> ChunkMeasure? {
    try decode(payload, chunk, kind, adding: adding, measuredBy: key, target).measure
  }

  private func decode(
    _ payload: [UInt8], _ chunk: ChunkIndex, _ kind: CodecKind, adding: Bool,
    measuredBy key: UInt64?, _ target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> DecodedChunk {
    let parts = layout[chunk]
    precondition(target.count == parts.count)
    let codec = codec(kind)
    return try payload.withUnsafeBufferPointer { (bytes) throws(CodecError) in
      try ChunkFrame.decode(
        UnsafeRawBufferPointer(bytes), parts, with: codec, adding: adding, measuredBy: key,
        into: target)
    }
  }

  private func codec(_ kind: CodecKind) -> any ChunkCodec {
    if let codec = codecs[kind] { return codec }
    let codec = kind.codec.init(capacity: layout.grid.valuesPerChunk)
    codecs[kind] = codec
    return codec
  }
}
