// Golden files, as scripts/golden writes them: inputs, parameters and what the reference
// implementation makes of them, in one safetensors file whose metadata is the configuration.

import Basics
import Checkpoints
import Configuration
import MaskedAutoencoding

/// Why a file is not a golden file.
package struct GoldenFileError: Error, CustomStringConvertible {
  package let description: String
}

extension GoldenCase {
  /// Reads `input.*`, `parameter.*`, `expected.*` and `gradient.*`.
  /// - Throws: `FileError`, `SafetensorsError`, `GoldenFileError`: what is wrong, and in which
  ///   file.
  package init(contentsOf path: String) throws {
    let file = try SafetensorsFile(path)
    let metadata = GoldenMetadata(path: path, values: file.metadata)
    let objective = try metadata.objective
    var configuration = ModelConfiguration(
      imageSide: try metadata.integer("image_side"),
      patchSide: try metadata.integer("patch_side"), channels: try metadata.integer("channels"),
      width: try metadata.integer("width"), depth: try metadata.integer("depth"),
      heads: try metadata.integer("heads"), decoderWidth: try metadata.integer("decoder_width"),
      decoderDepth: try metadata.integer("decoder_depth"),
      decoderHeads: try metadata.integer("decoder_heads"),
      mlpRatio: try metadata.number("mlp_ratio"),
      normalizesPatches: try metadata.flag("normalize_patches"))
    configuration.arithmetic = try metadata.arithmetic
    if objective == .satMAEpp { configuration.upsamplings = try metadata.integer("upsamplings") }
    try configuration.validate()
    func floats(_ name: String) throws -> [Float] { try file.values(of: name, as: Float.self) }
    func scalar(_ name: String) throws -> Float {
      guard let value = try floats(name).first else {
        throw GoldenFileError(description: "\(path): \(name) holds no value")
      }
      return value
    }
    func named(_ prefix: String) throws -> [String: [Float]] {
      var values: [String: [Float]] = [:]
      for tensor in file.tensors where tensor.name.hasPrefix(prefix) {
        values[String(tensor.name.dropFirst(prefix.count))] = try floats(tensor.name)
      }
      return values
    }
    let isPair = objective.imagesPerSample > 1
    func ofPairs(_ name: String) throws -> [Float] { isPair ? try floats(name) : [] }
    self.init(
      objective: objective, configuration: configuration,
      bounds: MaskRatioBounds(
        minimum: Float(try metadata.number("mask_ratio_min")),
        maximum: Float(try metadata.number("mask_ratio_max"))),
      images: try floats("input.image"),
      footprints: Self.footprints(try ofPairs("input.footprint")),
      order: try file.values(of: "input.order", as: Int32.self),
      expectedBoxes: try ofPairs("expected.box"),
      expectedVisible: try file.values(of: "expected.visible", as: Int32.self),
      expectedLoss: try scalar("expected.loss"),
      expectedPlainLoss: try scalar("expected.plain_loss"),
      expectedPrediction: try floats("expected.prediction"),
      expectedWeight: try ofPairs("expected.weight"),
      expectedLarger: try (0..<configuration.upsamplings).map {
        try floats("expected.prediction_\(2 << $0)x")
      },
      parameters: try named("parameter."),
      gradients: try named("gradient."))
  }

  /// (B, 2, 4) → B pairs; a rest that makes no pair is left out, and found missing by the
  /// comparison.
  private static func footprints(_ edges: [Float]) -> [(first: Footprint, second: Footprint)] {
    func footprint(_ start: Int) -> Footprint {
      Footprint(
        left: Double(edges[start]), top: Double(edges[start + 1]),
        right: Double(edges[start + 2]), bottom: Double(edges[start + 3]))
    }
    return (0..<edges.count / 8).map { (footprint(8 * $0), footprint(8 * $0 + 4)) }
  }
}

/// The configuration's strings.
private struct GoldenMetadata {
  let path: String
  let values: [String: String]

  /// Files without one are of pairs.
  var objective: ObjectiveKind {
    get throws {
      // Of what oracles and configurations call them.
      let known = ObjectiveKind.allCases.map { $0.rawValue.replacing("++", with: "pp") }
      return values["objective"] == nil
        ? .neighborMAE
        : try value("objective", "one of " + known.joined(separator: ", ")) {
          known.firstIndex(of: $0).map { ObjectiveKind.allCases[$0] }
        }
    }
  }

  /// Files without one have operands as they are.
  var arithmetic: ProductArithmetic {
    get throws {
      let known = ProductArithmetic.allCases.map(\.rawValue).joined(separator: ", ")
      return values["arithmetic"] == nil
        ? .float32
        : try value("arithmetic", "one of " + known) { ProductArithmetic(rawValue: $0) }
    }
  }

  func integer(_ name: String) throws -> Int { try value(name, "a whole number") { Int($0) } }

  func number(_ name: String) throws -> Double {
    try value(name, "a finite number") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
  }

  func flag(_ name: String) throws -> Bool { try value(name, "true or false") { Bool($0) } }

  private func value<Value>(
    _ name: String, _ kind: String, _ parse: (String) -> Value?
  ) throws -> Value {
    guard let text = values[name] else {
      throw GoldenFileError(
        description: "\(path) is not a golden file: its metadata has no '\(name)'; make one with "
          + "scripts/golden/make")
    }
    guard let value = parse(text) else {
      throw GoldenFileError(description: "\(path): '\(name)' must be \(kind), found '\(text)'")
    }
    return value
  }
}
