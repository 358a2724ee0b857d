// timm's names, shapes and order of values, against the slow way to say them.

import Basics
import Checkpoints
import Encoders
import Export
import MaskedAutoencoding
import Tensors
import TestSupport
import Testing
import VisionTransformer

@Suite("Tensors by timm's names") struct TimmTensorsTests {
  private static let model = ModelConfiguration(
    imageSide: 6, patchSide: 3, channels: 2, width: 8, depth: 2, heads: 2, decoderWidth: 8,
    decoderDepth: 1, decoderHeads: 1, mlpRatio: 2)

  /// Parameters that are their own places in the vector of all.
  private static func numbered() -> FloatBuffer {
    let parameters = FloatBuffer(count: model.parameterLayout.count)
    for index in 0..<parameters.count { parameters.pointer[index] = Float(index) }
    return parameters
  }

  private func written(_ positions: FloatBuffer) throws -> SafetensorsFile {
    let folder = try TemporaryFolder()
    let tensors = TimmTensors(
      parameters: Self.numbered(), layout: Self.model.parameterLayout,
      shape: Self.model.encoderShape, positions: positions)
    try Files.writeDurably(to: folder.file("model.safetensors")) {
      try SafetensorsWriter(tensors.tensors).write(to: $0)
    }
    return try SafetensorsFile(folder.file("model.safetensors"))
  }

  @Test("There is every tensor of timm's encoder, and nothing of the decoder")
  func names() throws {
    let file = try written(FloatBuffer(count: 5 * 8))
    let block = [
      ("norm1.weight", [8]), ("norm1.bias", [8]), ("attn.qkv.weight", [24, 8]),
      ("attn.qkv.bias", [24]), ("attn.proj.weight", [8, 8]), ("attn.proj.bias", [8]),
      ("norm2.weight", [8]), ("norm2.bias", [8]), ("mlp.fc1.weight", [16, 8]),
      ("mlp.fc1.bias", [16]), ("mlp.fc2.weight", [8, 16]), ("mlp.fc2.bias", [8]),
    ]
    let expected: [(String, [Int])] =
      [
        ("cls_token", [1, 1, 8]), ("pos_embed", [1, 5, 8]),
        ("patch_embed.proj.weight", [8, 2, 3, 3]), ("patch_embed.proj.bias", [8]),
      ] + (0..<2).flatMap { index in block.map { ("blocks.\(index).\($0.0)", $0.1) } }
      + [("norm.weight", [8]), ("norm.bias", [8])]
    #expect(file.tensors.map(\.name) == expected.map(\.0))
    #expect(file.tensors.map(\.shape) == expected.map(\.1))
  }

  @Test("Patch weights go from (row, column, channel) to (channel, row, column)")
  func kernels() throws {
    let file = try written(FloatBuffer(count: 5 * 8))
    let found = try file.values(of: "patch_embed.proj.weight", as: Float.self)
    let start = Self.model.parameterLayout.required("patch_embed.weight").range.lowerBound
    var expected: [Float] = []
    for output in 0..<8 {
      for channel in 0..<2 {
        for row in 0..<3 {
          for column in 0..<3 {
            expected.append(Float(start + output * 18 + (row * 3 + column) * 2 + channel))
          }
        }
      }
    }
    #expect(found == expected)
  }

  @Test("Positions are the encoder's own, zeros for the class token")
  func positions() throws {
    let pool = ThreadPool(threadCount: 1)
    defer { pool.stop() }
    let encoder = ImageEncoder(
      shape: Self.model.encoderShape, parameters: Self.numbered(),
      layout: Self.model.parameterLayout, capacity: 1, pool: pool)
    let found = try written(encoder.positions).values(of: "pos_embed", as: Float.self)
    #expect(found[..<8].allSatisfy { $0 == 0 })
    // Width 8 has one frequency, 1: the sine and the cosine of each edge. The last patch lies from
    // (16, 16) to (32, 0) in its frame, whose y runs upwards.
    let image = Self.model.parameterLayout.required("img_embed").range.lowerBound
    for (place, edge) in [16.0, 16.0, 32.0, 0.0].enumerated() {
      let expected = [PortableMath.sineCosine(edge).sine, PortableMath.sineCosine(edge).cosine]
      for part in 0..<2 {
        let value = found[4 * 8 + 2 * place + part]
        #expect(abs(value - Float(expected[part]) - Float(image + 2 * place + part)) < 1e-4)
      }
    }
  }
}
