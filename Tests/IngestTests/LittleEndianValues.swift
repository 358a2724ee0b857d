// Reading what shards and arrays hold.

/// Little-endian bytes as numbers.
func values<Value: BitwiseCopyable>(of bytes: [UInt8], as _: Value.Type) -> [Value] {
  let size = MemoryLayout<Value>.size
  return bytes.withUnsafeBytes { buffer in
    (0..<bytes.count / size).map { buffer.loadUnaligned(fromByteOffset: $0 * size, as: Value.self) }
  }
}
