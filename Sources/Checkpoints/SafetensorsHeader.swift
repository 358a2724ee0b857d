// The header of a safetensors file: what it says, and whether that can be true. Works on bytes in
// memory and trusts none of them. Not here: files and the tensors' values.
//
// Format (https://github.com/huggingface/safetensors): 8 bytes little-endian N, N bytes of JSON
// `{"__metadata__": {…}, NAME: {"dtype", "shape", "data_offsets": [begin, end]}, …}`, then the
// values, row-major and little-endian; offsets count from the first byte after the JSON. The
// tensors must cover the rest of the file without overlap or gap.

import Basics
import Foundation
import Kernels

/// How one value of a tensor is written.
public enum SafetensorsType: String, CaseIterable, Sendable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E4M3 = "F8_E4M3"
  case float8E5M2 = "F8_E5M2"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case int64 = "I64"
  case uint64 = "U64"
  case float64 = "F64"

  /// The size of one value.
  public var bytesPerValue: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E4M3, .float8E5M2: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }
}

/// One tensor of a file.
public struct SafetensorsTensor: Hashable, Sendable {
  /// The tensor's name, which no other of the file has.
  public let name: String
  /// How each value is written.
  public let type: SafetensorsType
  /// Row-major; the last axis is contiguous. Empty for a scalar.
  public let shape: [Int]
  /// Where the values lie, counted from the start of the file.
  public let bytes: Range<Int>

  /// The product of the extents; 1 for a scalar.
  public var valueCount: Int { bytes.count / type.bytesPerValue }
}

/// What a header says, checked.
struct SafetensorsHeader {
  /// Most bytes of JSON that are read: some 100 000 tensors.
  static let limitBytes = 16 << 20
  static let prefixBytes = 8
  static let metadataKey = "__metadata__"

  let metadata: [String: String]
  /// In the order of their bytes.
  let tensors: [SafetensorsTensor]

  /// - Parameters:
  ///   - file: the whole file.
  ///   - path: its name, for errors.
  init(file: UnsafeRawBufferPointer, path: String) throws(SafetensorsError) {
    guard file.count >= Self.prefixBytes else {
      throw .truncated(path: path, expectedBytes: Self.prefixBytes, foundBytes: file.count)
    }
    let announced = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard announced >= 2, announced <= UInt64(Self.limitBytes) else {
      throw .malformed(
        path: path,
        problem: "a header of \(announced) bytes is outside 2…\(Self.limitBytes)")
    }
    let dataStart = Self.prefixBytes + Int(announced)
    guard dataStart <= file.count else {
      throw .truncated(path: path, expectedBytes: dataStart, foundBytes: file.count)
    }
    let json = Data(file[Self.prefixBytes..<dataStart])
    let raw: RawHeader
    do {
      raw = try JSONDecoder().decode(RawHeader.self, from: json)
    } catch {
      let problem = (error as? DecodingError)?.summary ?? "\(error)"
      throw .malformed(path: path, problem: "the header is not as it should be: \(problem)")
    }
    metadata = raw.metadata
    tensors = try Self.placed(raw.tensors, dataStart: dataStart, fileBytes: file.count, path: path)
  }

  /// Whether everything behind the header, taken for float32, is finite. Of a file that holds
  /// float32 alone, as those of checkpoints do, this answers without reading the header, which
  /// takes far longer for small models.
  static func isFiniteBehindHeader(_ file: UnsafeRawBufferPointer) -> Bool {
    guard file.count >= prefixBytes else { return false }
    let announced = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard announced <= UInt64(file.count - prefixBytes) else { return false }
    let values = UnsafeRawBufferPointer(rebasing: file[(prefixBytes + Int(announced))...])
    let (size, alignment) = (MemoryLayout<Float>.size, MemoryLayout<Float>.alignment)
    // What is not a whole number of aligned floats is for the slower look.
    guard let start = values.baseAddress, values.count % size == 0,
      Int(bitPattern: start) % alignment == 0
    else { return values.isEmpty }
    return VectorStatistics.allFinite(
      start.assumingMemoryBound(to: Float.self), count: values.count / size)
  }

  /// Checks every entry on its own, then that together they cover the rest of the file.
  private static func placed(
    _ raw: [(name: String, entry: RawTensor)], dataStart: Int, fileBytes: Int, path: String
  ) throws(SafetensorsError) -> [SafetensorsTensor] {
    var tensors: [SafetensorsTensor] = []
    for (name, entry) in raw {
      tensors.append(try checked(name, entry, dataStart: dataStart, path: path))
    }
    tensors.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name)
        < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
    }
    var end = dataStart
    for tensor in tensors {
      guard tensor.bytes.lowerBound == end else {
        let what = tensor.bytes.lowerBound < end ? "overlaps the tensor before it" : "follows a gap"
        throw .malformed(path: path, problem: "tensor \(tensor.name) \(what) at byte \(end)")
      }
      end = tensor.bytes.upperBound
    }
    if end > fileBytes {
      throw .truncated(path: path, expectedBytes: end, foundBytes: fileBytes)
    }
    guard end == fileBytes else {
      throw .malformed(
        path: path, problem: "\(fileBytes - end) bytes at the end belong to no tensor")
    }
    return tensors
  }

  private static func checked(
    _ name: String, _ entry: RawTensor, dataStart: Int, path: String
  ) throws(SafetensorsError) -> SafetensorsTensor {
    guard let type = SafetensorsType(rawValue: entry.dtype) else {
      throw .malformed(path: path, problem: "tensor \(name) is of unknown type '\(entry.dtype)'")
    }
    var byteCount = type.bytesPerValue
    for extent in entry.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw .malformed(path: path, problem: "tensor \(name) has impossible shape \(entry.shape)")
      }
      byteCount = product
    }
    let offsets = entry.dataOffsets
    guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0],
      offsets[1] <= Int.max - dataStart
    else {
      throw .malformed(path: path, problem: "tensor \(name) has impossible offsets \(offsets)")
    }
    guard offsets[1] - offsets[0] == byteCount else {
      throw .malformed(
        path: path,
        problem:
          "tensor \(name) of shape \(entry.shape) and type \(entry.dtype) needs \(byteCount) "
          + "bytes but has \(offsets[1] - offsets[0])")
    }
    return SafetensorsTensor(
      name: name, type: type, shape: entry.shape,
      bytes: dataStart + offsets[0]..<dataStart + offsets[1])
  }
}

/// The JSON as it stands.
private struct RawHeader: Decodable {
  var metadata: [String: String] = [:]
  var tensors: [(name: String, entry: RawTensor)] = []

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    for key in container.allKeys {
      if key.stringValue == SafetensorsHeader.metadataKey {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        tensors.append((key.stringValue, try container.decode(RawTensor.self, forKey: key)))
      }
    }
  }
}

private struct RawTensor: Decodable {
  let dtype: String
  let shape: [Int]
  let dataOffsets: [Int]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case dataOffsets = "data_offsets"
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
