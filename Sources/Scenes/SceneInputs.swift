// From what the user names to recipes.

import Basics
import Imagery

package enum SceneInputs {
  /// The scenes that are named, in the order in which they are named.
  /// - Throws: `SceneError`.
  package static func recipes(for inputs: [String]) throws -> [SceneRecipe] {
    try inputs.map { path in
      let raster = try Raster(path)
      let bands = raster.bandNames.indices.map { index in
        BandSource(
          raster: path, number: index + 1, name: raster.bandNames[index],
          color: raster.bandColors[index], unit: raster.bandUnits[index])
      }
      return SceneRecipe(
        name: String(path.split(separator: "/").last ?? Substring(path)), source: path,
        bands: bands)
    }
  }
}
