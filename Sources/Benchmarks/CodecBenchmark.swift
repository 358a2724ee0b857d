// How fast one core encodes and decodes the chunks of a gradient, and how small they get. Not the
// network, and not what is learned.

import Basics
import Compression
import MaskedAutoencoding
import Tensors

/// Each codec on a gradient of random numbers, in the layout of a model.
package struct CodecBenchmark: Sendable {
  package let preset: ModelPreset
  package let rounds: Int

  /// - Precondition: `rounds` is positive.
  package init(preset: ModelPreset, rounds: Int) {
    precondition(rounds > 0)
    self.preset = preset
    self.rounds = rounds
  }

  package struct Report: Sendable {
    package let codec: CodecKind
    /// Of everything that is sent of a chunk but the message's header.
    package let bitsPerValue: Double
    /// Bytes of float32 values a second, fastest round.
    package let encodedBytesPerSecond: Double
    /// The same, of decoding, measuring and adding to a sum.
    package let addedBytesPerSecond: Double
  }

  /// One report a codec, each of one thread.
  /// - Throws: `CodecError`, if a codec does not read what it wrote.
  package func run() throws -> [Report] {
    let channels = 3
    let layout = preset.configuration(channels: channels).parameterLayout
    let gradient = FloatBuffer(count: layout.count)
    for (number, tensor) in layout.tensors.enumerated() {
      var random = CounterRandom(seed: 0, purpose: .benchmark, 4, UInt32(number))
      for place in tensor.range { gradient.pointer[place] = 1e-4 * Float(random.normal()) }
    }
    let codec = TensorCodec(ChunkedLayout(layout))
    return try CodecKind.allCases.map { try measure($0, codec, gradient) }
  }

  private func measure(
    _ kind: CodecKind, _ codec: TensorCodec, _ gradient: FloatBuffer
  ) throws -> Report {
    let grid = codec.layout.grid
    let sum = FloatBuffer(count: gradient.count)
    var (encoding, adding, bytes) = (Double.infinity, Double.infinity, 0)
    for round in 0..<rounds {
      var seconds = (encoding: 0.0, adding: 0.0)
      bytes = 0
      for chunk in grid.chunks {
        let key = ChunkKey(
          seed: 0, step: Step(index: round), content: .gradient(microbatch: 0), chunk: chunk)
        let started = Instant.monotonicNow()
        let payload = codec.encode(
          UnsafeBufferPointer(gradient[grid.range(of: chunk)]), as: kind, key: key)
        let encoded = Instant.monotonicNow()
        _ = try codec.decodeMeasuring(
          payload, of: chunk, as: kind, adding: true, key: 0, into: sum[grid.range(of: chunk)])
        seconds.encoding += (encoded - started).seconds
        seconds.adding += (Instant.monotonicNow() - encoded).seconds
        bytes += payload.count
      }
      encoding = min(encoding, seconds.encoding)
      adding = min(adding, seconds.adding)
    }
    let valueBytes = Double(gradient.count * MemoryLayout<Float>.stride)
    return Report(
      codec: kind, bitsPerValue: 8 * Double(bytes) / Double(gradient.count),
      encodedBytesPerSecond: valueBytes / encoding, addedBytesPerSecond: valueBytes / adding)
  }
}
