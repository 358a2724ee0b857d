// Recipes as other processes get them.

import Foundation
import Imagery
import Scenes
import Testing

@Suite("Recipes") struct RecipeTests {
  @Test("A recipe comes back from its text as it was")
  func text() throws {
    var recipe = SceneRecipe(
      name: "a", source: "/scenes/a.tif",
      bands: [BandSource(raster: "/scenes/a.tif", number: 1, name: "red", wavelength: 0.665)],
      masks: [MaskSource(raster: "/scenes/qa.tif", number: 1, bits: [3, 4])])
    recipe.acquired = AcquisitionTime("2020-05-18")
    let text = try JSONEncoder().encode(recipe)
    #expect(try JSONDecoder().decode(SceneRecipe.self, from: text) == recipe)
  }
}
