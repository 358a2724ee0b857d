// Writing what torch.save writes of a dictionary of tensors, for programs that read nothing else: a
// zip archive of a pickle, which says what there is, and the values of each tensor
// (github.com/pytorch/pytorch, caffe2/serialize; torch/serialization.py). torch.load opens it with
// weights_only=True.

import Basics
import Checkpoints
import Imagery

/// A flat dictionary of tensors of float32, as a .pth file.
struct PyTorchFile {
  private let tensors: [SafetensorsWriter.Tensor]
  /// Without the bytes of the tensors.
  private let pickle: [UInt8]

  /// An archive without zip's extensions for larger ones.
  private static let byteLimit = Int(UInt32.max)
  private static let folder = "archive/"

  /// - Parameter tensors: in the order of the dictionary.
  init(_ tensors: [SafetensorsWriter.Tensor]) {
    self.tensors = tensors
    pickle = TensorPickle.bytes(of: tensors)
  }

  /// Whether such an archive can hold them.
  var fits: Bool {
    tensors.reduce(1 << 20) { $0 + $1.byteCount + 256 } < Self.byteLimit && tensors.count < 65_000
  }

  /// Writes the whole file; durability is the caller's.
  /// - Precondition: `fits`.
  func write(to file: any FileSink) throws(FileError) {
    precondition(fits)
    var archive = StoredZip(file)
    try archive.add(Self.folder + "data.pkl", pickle)
    try archive.add(Self.folder + "byteorder", Array("little".utf8))
    for (index, tensor) in tensors.enumerated() {
      try tensor.withBytes { (bytes) throws(FileError) in
        try archive.add(Self.folder + "data/\(index)", bytes)
      }
    }
    try archive.add(Self.folder + "version", Array("3\n".utf8))
    try archive.finish()
  }
}

/// The pickle of a dictionary of tensors (Python's pickle, protocol 2; Lib/pickletools.py).
private enum TensorPickle {
  private static let mark = UInt8(ascii: "(")
  private static let tuple = UInt8(ascii: "t")
  private static let reduce = UInt8(ascii: "R")

  static func bytes(of tensors: [SafetensorsWriter.Tensor]) -> [UInt8] {
    var pickle: [UInt8] = [0x80, 2, UInt8(ascii: "}"), mark]
    for (index, tensor) in tensors.enumerated() {
      append(tensor.name, to: &pickle)
      // torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)
      append(global: "torch._utils", "_rebuild_tensor_v2", to: &pickle)
      pickle += [mark, mark]
      append("storage", to: &pickle)
      append(global: "torch", "FloatStorage", to: &pickle)
      append("\(index)", to: &pickle)
      append("cpu", to: &pickle)
      let count = tensor.shape.reduce(1, *)
      append(count, to: &pickle)
      pickle += [tuple, UInt8(ascii: "Q")]
      append(0, to: &pickle)
      append(tensor.shape, to: &pickle)
      append(strides(of: tensor.shape), to: &pickle)
      pickle.append(0x89)  // False
      append(global: "collections", "OrderedDict", to: &pickle)
      pickle += [UInt8(ascii: ")"), reduce, tuple, reduce]
    }
    return pickle + [UInt8(ascii: "u"), UInt8(ascii: ".")]
  }

  /// Row-major.
  private static func strides(of shape: [Int]) -> [Int] {
    shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
  }

  private static func append(_ text: String, to pickle: inout [UInt8]) {
    pickle.append(UInt8(ascii: "X"))
    withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { pickle += $0 }
    pickle += text.utf8
  }

  private static func append(global module: String, _ name: String, to pickle: inout [UInt8]) {
    pickle += "c\(module)\n\(name)\n".utf8
  }

  private static func append(_ number: Int, to pickle: inout [UInt8]) {
    pickle.append(UInt8(ascii: "J"))
    withUnsafeBytes(of: Int32(number).littleEndian) { pickle += $0 }
  }

  private static func append(_ numbers: [Int], to pickle: inout [UInt8]) {
    pickle.append(mark)
    for number in numbers { append(number, to: &pickle) }
    pickle.append(tuple)
  }
}

/// A zip archive whose entries are stored as they are (PKWARE's APPNOTE.TXT, 4.3).
private struct StoredZip {
  private let file: any FileSink
  private var directory: [UInt8] = []
  private var count = 0

  /// Where PyTorch lets values begin, so that they can be mapped.
  private static let alignment = 64

  init(_ file: any FileSink) { self.file = file }

  mutating func add(_ name: String, _ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in
      try add(name, UnsafeRawBufferPointer(bytes))
    }
  }

  mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(FileError) {
    let start = file.byteCount
    // An extra field of a kind that nobody reads fills up to where values may begin.
    let unpadded = start + 30 + name.utf8.count + 4
    let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
    var shared = LittleEndianWriter()
    shared.write(UInt16(0))  // flags
    shared.write(UInt16(0))  // stored
    shared.write(UInt32(0x0021_0000))  // 1980-01-01
    shared.write(CRC32.of(bytes))
    for _ in 0..<2 { shared.write(UInt32(bytes.count)) }
    shared.write(UInt16(name.utf8.count))
    var local = LittleEndianWriter()
    local.write(UInt32(0x0403_4B50))
    local.write(UInt16(20))
    let extra = UInt16(4 + padding)
    var rest = LittleEndianWriter()
    rest.write(extra)
    var field = LittleEndianWriter()
    field.write(UInt16(0x4246))  // as PyTorch itself has it: "FB"
    field.write(UInt16(padding))
    try file.write(
      local.bytes + shared.bytes + rest.bytes + Array(name.utf8) + field.bytes
        + [UInt8](repeating: UInt8(ascii: "Z"), count: padding))
    try file.write(bytes)
    var entry = LittleEndianWriter()
    entry.write(UInt32(0x0201_4B50))
    for _ in 0..<2 { entry.write(UInt16(20)) }
    var tail = LittleEndianWriter()
    for _ in 0..<4 { tail.write(UInt16(0)) }  // extra, comment, disk, inner attributes
    tail.write(UInt32(0))
    tail.write(UInt32(start))
    directory += entry.bytes + shared.bytes + tail.bytes + Array(name.utf8)
    count += 1
  }

  func finish() throws(FileError) {
    let start = file.byteCount
    var end = LittleEndianWriter()
    end.write(UInt32(0x0605_4B50))
    for _ in 0..<2 { end.write(UInt16(0)) }
    for _ in 0..<2 { end.write(UInt16(count)) }
    end.write(UInt32(directory.count))
    end.write(UInt32(start))
    end.write(UInt16(0))
    try file.write(directory + end.bytes)
  }
}
