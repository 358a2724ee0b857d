// Writing safetensors files, held against the format and Python's library.

import Basics
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Writing safetensors") struct SafetensorsWriterTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func save(_ contents: SafetensorsWriter, as name: String) throws -> String {
    let path = scratch.file(name)
    try Files.writeDurably(to: path) { try contents.write(to: $0) }
    return path
  }

  @Test("The bytes are those of the format, in the order of the tensors")
  func exactBytes() throws {
    let buffer = FloatBuffer(count: 3)
    for (index, value) in [1, -2, 0.5].enumerated() { buffer.pointer[index] = Float(value) }
    let contents = SafetensorsWriter(
      [
        .init(name: "b", shape: [2], buffer: buffer, range: 0..<2),
        .init(name: "a", shape: [], buffer: buffer, range: 2..<3),
      ], metadata: ["step": "4", "format": "pt"])
    let json =
      #"{"__metadata__":{"format":"pt","step":"4"},"#
      + #""b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
      + #""a":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}"#
    let padded = json + String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
    // 1.0, -2.0 and 0.5 as IEEE singles, little-endian.
    let data: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F]
    let found = try bytes(of: save(contents, as: "exact.safetensors"))
    #expect(found == safetensors(padded, data: data))
    #expect(found.count == contents.byteCount)
  }

  @Test("Names with quotes, backslashes, controls and accents come back as they were")
  func awkwardNames() throws {
    let buffer = FloatBuffer(count: 1)
    let names = ["a\"b", "c\\d", "e\nf\u{1}", "é·日"]
    let contents = SafetensorsWriter(
      names.map { .init(name: $0, shape: [1], buffer: buffer) }, metadata: ["\"": "\\"])
    let file = try SafetensorsFile(save(contents, as: "names.safetensors"))
    #expect(file.tensors.map(\.name) == names)
    #expect(file.metadata == ["\"": "\\"])
  }

  @Test("A layout's tensors come back out of one flat vector into another")
  func layoutRoundTrip() throws {
    let written = smallTensors(from: 0.25).master
    let contents = SafetensorsWriter(
      SafetensorsWriter.tensors(of: smallLayout, in: written, prefix: "exp_avg."))
    let file = try SafetensorsFile(save(contents, as: "layout.safetensors"))
    #expect(
      file.tensors.map(\.name) == ["exp_avg.cls_token", "exp_avg.w.weight", "exp_avg.w.bias"])
    let read = FloatBuffer(count: smallLayout.count)
    try file.load(smallLayout, into: read, prefix: "exp_avg.")
    #expect(Array(read.values) == Array(written.values))
  }

  @Test(
    "Python's safetensors reads the same names, shapes, order and values", .enabled(if: hasPython))
  func pythonReads() throws {
    let contents = SafetensorsWriter(
      SafetensorsWriter.tensors(of: smallLayout, in: smallTensors(from: 1).master),
      metadata: ["format": "pt"])
    let path = try save(contents, as: "python.safetensors")
    let printed = try python(
      """
      import sys
      from safetensors import safe_open
      with safe_open(sys.argv[1], "numpy") as f:
          print(f.metadata())
          for n in f.offset_keys():
              t = f.get_tensor(n)
              print(n, list(t.shape), t.dtype, t.ravel().tolist())
      """, path)
    #expect(
      printed == """
        {'format': 'pt'}
        cls_token [1, 1, 2] float32 [1.0, 2.0]
        w.weight [2, 3] float32 [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
        w.bias [3] float32 [9.0, 10.0, 11.0]

        """)
  }

  @Test("What Python's safetensors writes is read", .enabled(if: hasPython))
  func pythonWrites() throws {
    let path = scratch.file("from-python.safetensors")
    _ = try python(
      """
      import sys, numpy
      from safetensors.numpy import save_file
      save_file({"order": numpy.arange(6, dtype=numpy.int32).reshape(2, 3),
                 "half": numpy.ones(3, numpy.float16), "long": numpy.array([-5]),
                 "loss": numpy.array([0.5], numpy.float32)}, sys.argv[1], {"seed": "1"})
      """, path)
    let file = try SafetensorsFile(path)
    #expect(try file.values(of: "order", as: Int32.self, shape: [2, 3]) == [0, 1, 2, 3, 4, 5])
    #expect(try file.values(of: "long", as: Int64.self) == [-5])
    #expect(try file.values(of: "loss", as: Float.self) == [0.5])
    #expect(try file.tensor("half").type == .float16)
    #expect(file.metadata == ["seed": "1"])
  }
}

private let hasPython = (try? python("import numpy, safetensors.numpy")) != nil

private struct PythonError: Error {}

/// What a Python program prints.
private func python(_ program: String, _ arguments: String...) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["python3", "-c", program] + arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  try process.run()
  let printed = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw PythonError() }
  return String(decoding: printed, as: UTF8.self)
}
