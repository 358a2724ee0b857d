// The C structs of one message while it is packed.

import CWireMessages

/// Owns what the C structs of one header point at, and frees it all at once.
struct HeaderArena: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  /// Room for `value`, which lives as long as the arena.
  mutating func place<Value: BitwiseCopyable>(_ value: Value) -> UnsafeMutablePointer<Value> {
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    pointer.initialize(to: value)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  mutating func place<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeMutablePointer<Value>? {
    if values.isEmpty { return nil }
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
    pointer.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  /// A C string. A text with a NUL inside cannot be one and is cut there.
  mutating func place(_ text: String) -> UnsafeMutablePointer<CChar> {
    place(text.utf8CString.map { $0 })!
  }

  mutating func name(_ text: String, _ field: String) throws(WireError)
    -> UnsafeMutablePointer<CChar>
  {
    guard text.utf8.count <= WireLimits.nameBytes else {
      throw .outOfRange(
        field: field, found: "\(text.utf8.count) bytes long",
        allowed: "at most \(WireLimits.nameBytes) bytes")
    }
    return place(text)
  }

  /// Reasons are for people to read: the first `WireLimits.reasonBytes`, in whole code points, do.
  mutating func reason(_ text: String) -> UnsafeMutablePointer<CChar> {
    if text.utf8.count <= WireLimits.reasonBytes { return place(text) }
    var end = text.utf8.index(text.startIndex, offsetBy: WireLimits.reasonBytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return place(String(text[..<end]))
  }
}

/// The bytes of a header whose structs are built.
func packed<Header>(_ header: inout Header) throws(WireError) -> [UInt8] {
  let bytes = withUnsafeMutableBytes(of: &header) { raw in
    // Every generated struct begins with its ProtobufCMessage.
    let message = UnsafePointer(raw.baseAddress!.assumingMemoryBound(to: ProtobufCMessage.self))
    return [UInt8](unsafeUninitializedCapacity: protobuf_c_message_get_packed_size(message)) {
      $1 = protobuf_c_message_pack(message, $0.baseAddress)
    }
  }
  guard bytes.count <= WireLimits.headerBytes else {
    throw .headerTooLong(bytes: bytes.count, limit: WireLimits.headerBytes)
  }
  return bytes
}
