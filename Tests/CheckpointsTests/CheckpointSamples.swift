// What the specifications of checkpoints share: a small model, bytes to damage.

import Basics
import Checkpoints
import Tensors

/// The tensors of a model of 11 parameters.
let smallLayout = ParameterLayout([
  ("cls_token", [1, 1, 2], .token), ("w.weight", [2, 3], .matrix), ("w.bias", [3], .bias),
])

/// Five vectors that count upwards from as many different starts; four without the average.
func smallTensors(
  _ layout: ParameterLayout = smallLayout, from start: Float = 0, averaged: Bool = true
) -> CheckpointTensors {
  let buffers = (0..<5).map { part in
    let buffer = FloatBuffer(count: layout.count)
    for index in 0..<layout.count { buffer.pointer[index] = start + Float(100 * part + index) }
    return buffer
  }
  return CheckpointTensors(
    layout: layout, master: buffers[0], replica: buffers[1], firstMoment: buffers[2],
    secondMoment: buffers[3], average: averaged ? buffers[4] : nil)
}

func zeroTensors(_ layout: ParameterLayout) -> CheckpointTensors {
  CheckpointTensors(zerosOf: layout, averaged: true)
}

struct SmallState: Codable, Equatable {
  var seed: UInt64 = 7
  var maskRatio = MaskRatioBounds.paper
}

let smallDigest = Digest(of: "replica")

func bytes(of path: String) throws -> [UInt8] { try MappedFile(path).withBytes { Array($0) } }

func write(_ bytes: [UInt8], to path: String) throws {
  let writer = try FileWriter(creating: path)
  try writer.write(bytes)
}

/// A safetensors file by hand: the length of `json`, `json`, then `data`.
func safetensors(_ json: String, data: [UInt8] = []) -> [UInt8] {
  withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Array($0) } + Array(json.utf8) + data
}

/// The description of what `body` throws; "" when it throws nothing.
func failure(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}
