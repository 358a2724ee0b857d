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

  func load() throws -> GoldenCase {
    let url = try #require(
      Bundle.module.url(forResource: rawValue, withExtension: "safetensors", subdirectory: "Golden")
    )
    return try GoldenCase(contentsOf: url.path)
  }
}
