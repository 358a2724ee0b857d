// Reading safetensors: the file is mapped, its header checked once, and values are handed out in
// place. Little-endian machines only, as all of Terrane.

import Basics

/// A Swift type that stands for a safetensors type.
public protocol SafetensorsValue: BitwiseCopyable {
  /// The type in a file.
  static var safetensorsType: SafetensorsType { get }
}

extension Float: SafetensorsValue {
  /// `F32`.
  public static var safetensorsType: SafetensorsType { .float32 }
}

extension Int32: SafetensorsValue {
  /// `I32`.
  public static var safetensorsType: SafetensorsType { .int32 }
}

extension Int64: SafetensorsValue {
  /// `I64`.
  public static var safetensorsType: SafetensorsType { .int64 }
}

/// A safetensors file, open for reading. Every offset, extent and type is checked when it is
/// opened.
public final class SafetensorsFile: Sendable {
  /// What the file says of itself, by key.
  public let metadata: [String: String]
  /// In the order of their bytes in the file.
  public let tensors: [SafetensorsTensor]
  private let indexByName: [String: Int]
  private let file: MappedFile

  /// Where the file lies.
  public var path: String { file.path }

  /// - Throws: `FileError` when it cannot be opened; `SafetensorsError` when it is damaged.
  public convenience init(_ path: String) throws {
    try self.init(MappedFile(path))
  }

  init(_ file: MappedFile) throws(SafetensorsError) {
    self.file = file
    let header = try file.withBytes { (bytes) throws(SafetensorsError) in
      try SafetensorsHeader(file: bytes, path: file.path)
    }
    metadata = header.metadata
    tensors = header.tensors
    indexByName = Dictionary(
      uniqueKeysWithValues: header.tensors.enumerated().map { ($0.element.name, $0.offset) })
  }

  /// - Throws: `SafetensorsError.missingTensor`.
  public func tensor(_ name: String) throws(SafetensorsError) -> SafetensorsTensor {
    guard let index = indexByName[name] else { throw .missingTensor(path: path, name: name) }
    return tensors[index]
  }

  /// Lends the values of a tensor, row-major, in place where the file aligns them and as a copy
  /// elsewhere.
  /// - Parameters:
  ///   - name: the tensor's.
  ///   - type: of its values.
  ///   - shape: what the shape must be; nil accepts any.
  ///   - body: must not keep the pointer.
  /// - Throws: `SafetensorsError` when the tensor is missing or of another type or shape.
  public func withValues<Value: SafetensorsValue, Result>(
    of name: String, as type: Value.Type, shape: [Int]? = nil,
    _ body: (UnsafeBufferPointer<Value>) throws -> Result
  ) throws -> Result {
    let tensor = try self.tensor(name)
    guard tensor.type == Value.safetensorsType else {
      throw SafetensorsError.wrongType(
        path: path, name: name, expected: Value.safetensorsType, found: tensor.type)
    }
    if let shape, shape != tensor.shape {
      throw SafetensorsError.wrongShape(
        path: path, name: name, expected: shape, found: tensor.shape)
    }
    return try file.withBytes { bytes in
      // The header's check keeps the range inside the file.
      let raw = UnsafeRawBufferPointer(rebasing: bytes[tensor.bytes])
      let isAligned = Int(bitPattern: raw.baseAddress) % MemoryLayout<Value>.alignment == 0
      if isAligned { return try body(raw.bindMemory(to: Value.self)) }
      let copy = [Value](unsafeUninitializedCapacity: tensor.valueCount) { values, count in
        UnsafeMutableRawBufferPointer(values).copyMemory(from: raw)
        count = tensor.valueCount
      }
      return try copy.withUnsafeBufferPointer(body)
    }
  }

  /// A copy of the values of a tensor, row-major.
  public func values<Value: SafetensorsValue>(
    of name: String, as type: Value.Type, shape: [Int]? = nil
  ) throws -> [Value] {
    try withValues(of: name, as: type, shape: shape) { Array($0) }
  }
}
