// What was found of what the user named.

import Basics
import Imagery

/// Scenes as they are to be read, and what there is to say about how they were found.
package struct FoundScenes: Sendable {
  /// In the order of the inputs; names are different.
  package var recipes: [SceneRecipe]
  /// Sentences for the summary, each once: what was set aside, grouped, left out.
  package var remarks: [String]
  /// What could not be read and was to be skipped.
  package var unreadable: [UnreadableInput]
}

/// A file that was left out because it cannot be read.
package struct UnreadableInput: Hashable, Sendable, Codable {
  /// The file or folder.
  package var path: String
  /// Why, as an error says it.
  package var reason: String
}

/// A layer that says of each pixel what it is or how good it is. Not an image.
struct NamedLayer: Hashable {
  var name: String
  var raster: String
  var number: Int
}

/// A scene with what recipes do not need to know.
struct FoundScene {
  var recipe: SceneRecipe
  /// Other names of each band: an asset's key, "nir".
  var aliases: [[String]]
  /// Not in the recipe unless a mask is chosen.
  var layers: [NamedLayer] = []
  /// What its metadata have in the place of a date and is none.
  var unusableDate: String?

  init(
    _ recipe: SceneRecipe, aliases: [[String]]? = nil, layers: [NamedLayer] = [],
    unusableDate: String? = nil
  ) {
    self.recipe = recipe
    self.aliases = aliases ?? recipe.bands.map { _ in [] }
    self.layers = layers
    self.unusableDate = unusableDate
  }
}
