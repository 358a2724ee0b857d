// Writing safetensors: the header from the shapes, then the values straight from their buffers. The
// bytes follow from the arguments alone. Only float32, which is all that Terrane keeps.

import Basics
import Tensors

/// A safetensors file to be: names, shapes, and buffers that must not change while it is written.
package struct SafetensorsWriter: Sendable {
  /// One tensor of the file to be.
  package struct Tensor: Sendable {
    package let name: String
    package let shape: [Int]
    let buffer: FloatBuffer
    let range: Range<Int>

    /// - Parameters:
    ///   - shape: row-major; its product is the count of `range`.
    ///   - range: which values of `buffer`; nil for all.
    package init(name: String, shape: [Int], buffer: FloatBuffer, range: Range<Int>? = nil) {
      let range = range ?? 0..<buffer.count
      precondition(
        shape.reduce(1, *) == range.count, "\(name): \(shape) is not \(range.count) values")
      precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count)
      precondition(name != SafetensorsHeader.metadataKey)
      self.name = name
      self.shape = shape
      self.buffer = buffer
      self.range = range
    }

    /// Bytes of the values.
    package var byteCount: Int { range.count * MemoryLayout<Float>.stride }

    /// Lends the values as they lie in a file.
    package func withBytes(
      _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
      try body(UnsafeRawBufferPointer(buffer[range]))
    }
  }

  package let tensors: [Tensor]
  private let header: [UInt8]

  /// - Parameters:
  ///   - tensors: in the order of their bytes.
  ///   - metadata: strings for readers; PyTorch's tools look for `format: pt`.
  /// - Precondition: names are unique.
  package init(_ tensors: [Tensor], metadata: [String: String] = [:]) {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors of one name")
    self.tensors = tensors
    header = Self.header(of: tensors, metadata: metadata)
  }

  /// Bytes of the whole file.
  package var byteCount: Int {
    tensors.reduce(header.count) { $0 + $1.byteCount }
  }

  /// Writes the whole file; durability is the caller's.
  package func write(to file: any FileSink) throws(FileError) {
    try forEachPart { (bytes) throws(FileError) in try file.write(bytes) }
  }

  /// Hands on the file's bytes from start to end without copying the values.
  func forEachPart(
    _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    try header.withUnsafeBufferPointer { (bytes) throws(FileError) in
      try body(UnsafeRawBufferPointer(bytes))
    }
    for tensor in tensors { try tensor.withBytes(body) }
  }

  /// Length, JSON, and spaces up to a multiple of 8, so that values are aligned in a mapped file.
  private static func header(of tensors: [Tensor], metadata: [String: String]) -> [UInt8] {
    var json = Array("{".utf8)
    json.reserveCapacity(128 * (tensors.count + 1))
    if !metadata.isEmpty {
      let fields = metadata.sorted { $0.key < $1.key }
        .map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }
      json += JSONText.quoted(SafetensorsHeader.metadataKey).utf8
      json += ":{\(fields.joined(separator: ","))}".utf8
    }
    // Without strings in between: a checkpoint of a small model is mostly headers.
    var end = 0
    for tensor in tensors {
      let start = end
      end += tensor.byteCount
      if json.count > 1 { json.append(UInt8(ascii: ",")) }
      json += JSONText.quoted(tensor.name).utf8
      json += ":{\"dtype\":\"".utf8
      json += SafetensorsType.float32.rawValue.utf8
      json += "\",\"shape\":".utf8
      append(tensor.shape, to: &json)
      json += ",\"data_offsets\":".utf8
      append([start, end], to: &json)
      json.append(UInt8(ascii: "}"))
    }
    json.append(UInt8(ascii: "}"))
    while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
    precondition(json.count <= SafetensorsHeader.limitBytes, "too many tensors for one file")
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
  }

  /// A JSON list of counts.
  private static func append(_ counts: [Int], to json: inout [UInt8]) {
    json.append(UInt8(ascii: "["))
    for (index, count) in counts.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      let start = json.endIndex
      var rest = count
      repeat {
        json.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
      } while rest > 0
      json[start...].reverse()
    }
    json.append(UInt8(ascii: "]"))
  }
}

extension SafetensorsWriter {
  /// The tensors of a layout, out of one flat vector of it.
  /// - Parameter prefix: goes before every name.
  package static func tensors(
    of layout: ParameterLayout, in buffer: FloatBuffer, prefix: String = ""
  ) -> [Tensor] {
    precondition(buffer.count == layout.count)
    return layout.tensors.map {
      Tensor(name: prefix + $0.name, shape: $0.shape, buffer: buffer, range: $0.range)
    }
  }
}
