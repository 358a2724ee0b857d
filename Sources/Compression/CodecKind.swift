// The register of codecs: a name of `run.yaml` for each.

/// How chunks of gradients and parameters are written.
package enum CodecKind: String, CaseIterable, Sendable, Codable {
  case float32
  case bfloat16
  case float16
  case int8
  case int4

  /// What encodes and decodes.
  package var codec: any ChunkCodec.Type {
    switch self {
    case .float32: PlanedFloats<Float32Planes>.self
    case .bfloat16: PlanedFloats<BFloat16Planes>.self
    case .float16: PlanedFloats<Float16Planes>.self
    case .int8: IntegerBlocks<Int8Format>.self
    case .int4: IntegerBlocks<Int4Format>.self
    }
  }
}
