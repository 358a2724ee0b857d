// Reading safetensors files, sound ones and damaged ones.

import Basics
import Checkpoints
import Tensors
import TestSupport
import Testing

@Suite("Reading safetensors") struct SafetensorsFileTests {
  private let scratch: TemporaryFolder
  private let path: String

  init() throws {
    scratch = try TemporaryFolder()
    path = scratch.file("a.safetensors")
  }

  private func open(_ contents: [UInt8]) throws -> SafetensorsFile {
    try write(contents, to: path)
    return try SafetensorsFile(path)
  }

  /// What is wrong with a file of this header and so many bytes of data.
  private func problem(_ json: String, dataBytes: Int = 0) -> String {
    failure { _ = try open(safetensors(json, data: [UInt8](repeating: 0, count: dataBytes))) }
  }

  @Test("Values that the file does not align are copied into place")
  func unaligned() throws {
    let json = #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    for spaces in 0..<4 {
      let file = try open(
        safetensors(json + String(repeating: " ", count: spaces), data: [0, 0, 0x80, 0x3F]))
      #expect(try file.values(of: "x", as: Float.self) == [1])
    }
  }

  @Test("A tensor without values, and a file without tensors, are fine")
  func empty() throws {
    let file = try open(safetensors(#"{"x":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}"#))
    #expect(try file.values(of: "x", as: Float.self).isEmpty)
    #expect(try open(safetensors("{}")).tensors.isEmpty)
  }

  @Test("A missing tensor, another type and another shape are told with the file's name")
  func wrongTensor() throws {
    let json = #"{"x":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}"#
    let file = try open(safetensors(json, data: [1, 0, 0, 0]))
    #expect(throws: SafetensorsError.missingTensor(path: path, name: "y")) {
      try file.values(of: "y", as: Float.self)
    }
    #expect(
      throws: SafetensorsError.wrongType(path: path, name: "x", expected: .float32, found: .int32)
    ) { try file.values(of: "x", as: Float.self) }
    #expect(
      throws: SafetensorsError.wrongShape(path: path, name: "x", expected: [1, 1], found: [1])
    ) { try file.values(of: "x", as: Int32.self, shape: [1, 1]) }
  }

  @Test("A file cut anywhere is an error, never a trap")
  func truncatedAnywhere() throws {
    let whole = safetensors(
      #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      data: [UInt8](repeating: 1, count: 8))
    for count in 0..<whole.count {
      let message = failure { _ = try open(Array(whole[..<count])) }
      #expect(
        message.contains(path) && message.contains("truncated"), "cut at \(count): \(message)")
    }
  }

  @Test("A header with any one bit flipped is an error or another valid header, never a trap")
  func flippedBits() throws {
    let whole = safetensors(
      #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      data: [UInt8](repeating: 1, count: 8))
    for index in 0..<whole.count - 8 {
      for bit in 0..<8 {
        var flipped = whole
        flipped[index] ^= 1 << UInt8(bit)
        let message = failure { _ = try open(flipped).values(of: "x", as: Float.self) }
        #expect(message.isEmpty || message.contains(path))
      }
    }
  }

  @Test("A header's length that cannot be is refused before anything is read")
  func headerLength() throws {
    for length: UInt64 in [0, 1, (16 << 20) + 1, .max] {
      let prefix = withUnsafeBytes(of: length.littleEndian) { Array($0) }
      let message = failure { _ = try open(prefix + Array("{}".utf8)) }
      #expect(message.contains("a header of \(length) bytes"))
    }
  }

  @Test(
    "A header that is no header says which field is wrong",
    arguments: [
      ("[]", "the header is not as it should be"),
      ("{{", "the header is not as it should be"),
      (#"{"x":1}"#, "x: "),
      (#"{"x":{"dtype":"F32","shape":[1]}}"#, "x.data_offsets is missing"),
      (#"{"x":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}"#, "x.shape: "),
      (#"{"__metadata__":{"a":1}}"#, "__metadata__.a: "),
    ])
  func noHeader(json: String, evidence: String) {
    let message = problem(json)
    #expect(message.contains(evidence), "\(message)")
    #expect(message.hasPrefix("\(path) is not a valid safetensors file"))
  }

  @Test(
    "A tensor that cannot be is named",
    arguments: [
      (#""dtype":"F31","shape":[1],"data_offsets":[0,4]"#, "unknown type 'F31'"),
      (#""dtype":"F32","shape":[-1],"data_offsets":[0,4]"#, "impossible shape [-1]"),
      (
        #""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]"#,
        "impossible shape [4294967296, 4294967296]"
      ),
      (#""dtype":"F32","shape":[1],"data_offsets":[0]"#, "impossible offsets [0]"),
      (#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#, "impossible offsets [4, 0]"),
      (#""dtype":"F32","shape":[1],"data_offsets":[-4,0]"#, "impossible offsets [-4, 0]"),
      (
        #""dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]"#,
        "impossible offsets"
      ),
      (#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#, "needs 8 bytes but has 4"),
    ])
  func impossibleTensor(entry: String, evidence: String) {
    let message = problem("{\"x\":{\(entry)}}", dataBytes: 4)
    #expect(message.contains("tensor x") && message.contains(evidence), "\(message)")
  }

  @Test("Overlaps, gaps and bytes of no tensor are found")
  func coverage() {
    func two(_ first: (Int, Int), _ second: (Int, Int)) -> String {
      let (a, b) = (first.1 - first.0, second.1 - second.0)
      return """
        {"x":{"dtype":"U8","shape":[\(a)],"data_offsets":[\(first.0),\(first.1)]},
        "y":{"dtype":"U8","shape":[\(b)],"data_offsets":[\(second.0),\(second.1)]}}
        """
    }
    #expect(problem(two((0, 4), (4, 8)), dataBytes: 8).isEmpty)
    #expect(problem(two((4, 8), (0, 4)), dataBytes: 8).isEmpty)
    #expect(problem(two((0, 4), (2, 8)), dataBytes: 8).contains("tensor y overlaps"))
    #expect(problem(two((0, 4), (5, 8)), dataBytes: 8).contains("tensor y follows a gap"))
    #expect(problem(two((0, 4), (4, 8)), dataBytes: 9).contains("1 bytes at the end"))
  }

  @Test("One name twice is an error or the one tensor, never a trap")
  func duplicateNames() {
    let entry = #""x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
    let other = #""x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}"#
    #expect(problem("{\(entry),\(entry)}", dataBytes: 1).isEmpty)
    #expect(problem("{\(entry),\(other)}", dataBytes: 2).contains(path))
  }
}
