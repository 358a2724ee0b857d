// A case of the model with the answers of its definition. Not here: the file that it comes from
// (`GoldenFile`), and the comparison (`Parity`).

import Basics
import Configuration
import MaskedAutoencoding

/// Inputs, parameters and what the oracle makes of them.
///
/// B samples of S images each: pairs, or single images.
package struct GoldenCase: Sendable {
  /// What is minimised.
  package var objective: ObjectiveKind
  /// What model it is a case of.
  package var configuration: ModelConfiguration
  /// The mask ratios without and with full overlap; single images have the first.
  package var bounds: MaskRatioBounds
  /// (B, S, C, H, W), normalised.
  package var images: [Float]
  /// (B): of the first and the second image; none of single images.
  package var footprints: [(first: Footprint, second: Footprint)]
  /// (B, S, L)
  package var order: [Int32]
  /// (B, 2, 4): left, top, right, bottom in the shared frame; none of single images.
  package var expectedBoxes: [Float]
  /// (B)
  package var expectedVisible: [Int32]
  /// Weighted, per hidden pixel.
  package var expectedLoss: Float
  /// Unweighted, per hidden pixel.
  package var expectedPlainLoss: Float
  /// (B, S, L, P)
  package var expectedPrediction: [Float]
  /// (B, 2, H, W); none of single images.
  package var expectedWeight: [Float]
  /// (B, C, S, S), from the smaller scale to the largest; none but of SatMAE++.
  package var expectedLarger: [[Float]] = []
  /// By name; every tensor of the configuration's layout.
  package var parameters: [String: [Float]]
  /// Of the weighted loss, by name.
  package var gradients: [String: [Float]]

  /// B
  package var samples: Int {
    objective.imagesPerSample == 1 ? expectedVisible.count : footprints.count
  }
}

/// Why a golden case cannot be compared.
package enum GoldenCaseError: Error, Equatable, CustomStringConvertible {
  case missing(tensor: String)
  case wrongCount(tensor: String, expected: Int, found: Int)
  case noLargerScale

  package var description: String {
    switch self {
    case .missing(let tensor): "the golden file has no tensor \(tensor)"
    case .wrongCount(let tensor, let expected, let found):
      "tensor \(tensor) of the golden file holds \(found) values where its configuration needs \(expected)"
    case .noLargerScale:
      "the golden file is of SatMAE++ and has 'upsamplings' 0; at least 1 is needed"
    }
  }
}
