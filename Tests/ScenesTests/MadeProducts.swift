// Products that tests make up with Tests/Products/products.py, and what GDAL's own tools say of
// them.

import Foundation
import Scenes
import TestSupport
import Testing

enum MadeProducts {
  private static let script = Repository.root + "/Tests/Products/products.py"

  /// What the generator prints: mostly the path of what it made.
  static func make(_ arguments: String...) throws -> String {
    let outcome = try run("/usr/bin/python3", [script] + arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// GDAL's SENTINEL2 driver's words: by band its wavelength in nanometres and the sum of values.
  static func judge(_ path: String) throws -> [String: [Double]] {
    try JSONDecoder().decode([String: [Double]].self, from: Data(make("judge", path).utf8))
  }

  /// The sums of values of the first bands of rasters.
  static func sums(_ paths: [String]) throws -> [Double] {
    let outcome = try run("/usr/bin/python3", [script, "sums"] + paths)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode([Double].self, from: Data(outcome.output.utf8))
  }

  /// Finds scenes, with GDAL ready.
  static func find(
    _ inputs: String..., change: (inout InputOptions) throws -> Void = { _ in }
  ) throws -> FoundScenes {
    RasterLibrary.initialize()
    var options = InputOptions()
    try change(&options)
    return try SceneInputs.recipes(for: inputs, options: options)
  }

  /// What finding scenes fails with.
  static func refusal(
    _ inputs: String..., change: (inout InputOptions) throws -> Void = { _ in }
  ) -> String {
    RasterLibrary.initialize()
    var options = InputOptions()
    do {
      try change(&options)
      let found = try SceneInputs.recipes(for: inputs, options: options)
      return "found \(found.recipes.map(\.name))"
    } catch {
      return "\(error)"
    }
  }
}
