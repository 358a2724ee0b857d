// What people know scenes by, where several would have one name.

import Basics

/// What scenes are called in a dataset.
enum SceneNames {
  /// Names that several scenes have get as much of their folders as tells them apart.
  static func different(_ recipes: [SceneRecipe]) -> [SceneRecipe] {
    var result = recipes
    for depth in 1...16 {
      var counts: [String: Int] = [:]
      for recipe in result { counts[recipe.name, default: 0] += 1 }
      let equal = result.indices.filter { (counts[result[$0].name] ?? 0) > 1 }
      if equal.isEmpty { return result }
      for index in equal {
        let folders = Files.absolute(recipes[index].source).split(separator: "/").dropLast()
        let above = folders.suffix(depth).joined(separator: "/")
        result[index].name = above + "/" + recipes[index].name
      }
    }
    return result
  }
}
