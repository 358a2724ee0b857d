// A case of the model with the answers of its definition. Not here: the file that it comes from
// (`GoldenFile`), and the comparison (`Parity`).

import Basics
import NeighborMAE

/// Inputs, parameters and what the oracle makes of them.
package struct GoldenCase: Sendable {
  /// What model it is a case of.
  package var configuration: ModelConfiguration
  /// The mask ratios without and with full overlap.
  package var bounds: MaskRatioBounds
  /// (B, 2, C, H, W), normalised.
  package var images: [Float]
  /// (B): of the first and the second image.
  package var footprints: [(first: Footprint, second: Footprint)]
  /// (B, 2, L)
  package var order: [Int32]
  /// (B, 2, 4): left, top, right, bottom in the shared frame.
  package var expectedBoxes: [Float]
  /// (B)
  package var expectedVisible: [Int32]
  /// Weighted, per hidden pixel.
  package var expectedLoss: Float
  /// Unweighted, per hidden pixel.
  package var expectedPlainLoss: Float
  /// (B, 2, L, P)
  package var expectedPrediction: [Float]
  /// (B, 2, H, W)
  package var expectedWeight: [Float]
  /// By name; every tensor of the configuration's layout.
  package var parameters: [String: [Float]]
  /// Of the weighted loss, by name.
  package var gradients: [String: [Float]]
}

/// Why a golden case cannot be compared.
package enum GoldenCaseError: Error, Equatable, CustomStringConvertible {
  case missing(tensor: String)
  case wrongCount(tensor: String, expected: Int, found: Int)

  package var description: String {
    switch self {
    case .missing(let tensor): "the golden file has no tensor \(tensor)"
    case .wrongCount(let tensor, let expected, let found):
      "tensor \(tensor) of the golden file holds \(found) values where its configuration needs \(expected)"
    }
  }
}
