// A worker's copy of the parameters, and how it follows what the coordinator publishes.

import Basics
import Compression
import Coordination
import Tensors

package struct Replica {
  /// In the layout of the model's parameters.
  package let values: FloatBuffer
  private let codec: TensorCodec
  private let deltaKind: CodecKind

  /// - Parameters:
  ///   - codec: for the model's layout; one caller at a time.
  ///   - deltaKind: how the coordinator encodes what takes a chunk from one step to the next.
  package init(codec: TensorCodec, deltaKind: CodecKind) {
    self.codec = codec
    self.deltaKind = deltaKind
    values = FloatBuffer(count: codec.layout.grid.valueCount)
  }

  /// Takes a chunk to a step.
  /// - Parameter from: the step that the payload leads on from; nil for one that holds the full
  ///   value.
  /// - Returns: what the worker's core is to be told. The chunk is spoilt when that is a refusal.
  package func apply(
    _ chunk: ChunkIndex, from: Step?, to step: Step, _ payload: [UInt8]
  ) -> WorkerEvent {
    let target = values[codec.layout.grid.range(of: chunk)]
    do {
      let isFinite =
        from == nil
        ? try codec.decode(payload, of: chunk, as: .float32, into: target)
        : try codec.decodeAdding(payload, of: chunk, as: deltaKind, into: target)
      guard isFinite else {
        return .replicaChunkRefused(chunk, reason: "it holds numbers that are not finite")
      }
      return .replicaChunkApplied(chunk, step, digest: Digest(of: UnsafeRawBufferPointer(target)))
    } catch {
      return .replicaChunkRefused(chunk, reason: "\(error)")
    }
  }
}
