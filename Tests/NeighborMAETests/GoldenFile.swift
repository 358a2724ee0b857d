// Golden files for the tests: just enough of safetensors, without the checks that a reader of
// strangers' files needs.

import Foundation
import Foundations
import NeighborMAE
import Testing

/// The golden files that scripts/golden/make wrote.
enum GoldenFile: String, CaseIterable {
  case threeBands = "three-bands"
  case oneBandPlainTargets = "one-band-plain-targets"
  case fiveBands = "five-bands"

  func load() throws -> GoldenCase {
    let url = try #require(
      Bundle.module.url(forResource: rawValue, withExtension: "safetensors", subdirectory: "Golden")
    )
    return try GoldenCase(contentsOf: url)
  }
}

extension GoldenCase {
  init(contentsOf url: URL) throws {
    let data = try Data(contentsOf: url)
    let headerCount = Int(
      data.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.1) << (8 * $1.0) })
    let json = try JSONSerialization.jsonObject(with: data[8..<8 + headerCount])
    let header = try #require(json as? [String: [String: Any]])
    let metadata = try #require(header["__metadata__"] as? [String: String])
    func values<Value>(_ name: String, as type: Value.Type) throws -> [Value] {
      let offsets = try #require(header[name]?["data_offsets"] as? [Int])
      let bytes = data[8 + headerCount + offsets[0]..<8 + headerCount + offsets[1]]
      return bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / MemoryLayout<Value>.size).map {
          bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: type)
        }
      }
    }
    func number(_ name: String) throws -> Int { try #require(Int(metadata[name] ?? "")) }
    func tensors(_ prefix: String) throws -> [String: [Float]] {
      var result: [String: [Float]] = [:]
      for name in header.keys where name.hasPrefix(prefix) {
        result[String(name.dropFirst(prefix.count))] = try values(name, as: Float.self)
      }
      return result
    }
    let edges = try values("input.footprint", as: Float.self).map(Double.init)
    func footprint(_ start: Int) -> Footprint {
      Footprint(
        left: edges[start], top: edges[start + 1], right: edges[start + 2], bottom: edges[start + 3]
      )
    }
    self.init(
      configuration: ModelConfiguration(
        imageSide: try number("image_side"), patchSide: try number("patch_side"),
        channels: try number("channels"), width: try number("width"), depth: try number("depth"),
        heads: try number("heads"), decoderWidth: try number("decoder_width"),
        decoderDepth: try number("decoder_depth"), decoderHeads: try number("decoder_heads"),
        mlpRatio: try #require(Double(metadata["mlp_ratio"] ?? "")),
        normalizesPatches: metadata["normalize_patches"] == "true"),
      bounds: MaskRatioBounds(
        minimum: try #require(Float(metadata["mask_ratio_min"] ?? "")),
        maximum: try #require(Float(metadata["mask_ratio_max"] ?? ""))),
      images: try values("input.image", as: Float.self),
      footprints: stride(from: 0, to: edges.count, by: 8).map {
        (footprint($0), footprint($0 + 4))
      },
      order: try values("input.order", as: Int32.self),
      expectedBoxes: try values("expected.box", as: Float.self),
      expectedVisible: try values("expected.visible", as: Int32.self),
      expectedLoss: try values("expected.loss", as: Float.self)[0],
      expectedPlainLoss: try values("expected.plain_loss", as: Float.self)[0],
      expectedPrediction: try values("expected.prediction", as: Float.self),
      expectedWeight: try values("expected.weight", as: Float.self),
      parameters: try tensors("parameter."), gradients: try tensors("gradient."))
  }
}
