// The golden files that lie beside these tests, by name.

import Examination
import Foundation
import NeighborMAE
import Testing

/// The golden files that scripts/golden/make wrote.
enum GoldenFile: String, CaseIterable {
  case threeBands = "three-bands"
  case oneBandPlainTargets = "one-band-plain-targets"
  case fiveBands = "five-bands"

  /// - Parameter suffix: of files whose definition is a variation.
  func load(_ suffix: String = "") throws -> GoldenCase {
    let url = try #require(
      Bundle.module.url(
        forResource: rawValue + suffix, withExtension: "safetensors", subdirectory: "Golden"))
    return try GoldenCase(contentsOf: url.path)
  }
}
