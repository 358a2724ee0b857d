// What a dataset was made of, beside it, for those who add to it.

import Basics
import Foundation
import Imagery
import Scenes

/// The content of `sources.json`, which is not part of the dataset's digest, because it holds paths
/// and addresses.
package struct DatasetSources: Codable {
  package var options: IngestOptions
  package var recipes: [SceneRecipe]
  /// Of each recipe's files; nil in a dataset of an earlier release.
  var stamps: [[SceneFileStamp]]?
  /// Of the text without it; nil in a dataset of an earlier release.
  private var digest: Digest?

  /// The file's name beside `dataset.json`.
  package static let fileName = "sources.json"

  /// From its parts.
  init(options: IngestOptions, recipes: [SceneRecipe], stamps: [[SceneFileStamp]]) {
    self.options = options
    self.recipes = recipes
    self.stamps = stamps
  }

  /// With a digest of the rest in it.
  func text() throws -> String {
    var sealed = self
    sealed.digest = try ownDigest()
    return try JSONText.encode(sealed, .indented) + "\n"
  }

  /// Equal values give equal texts.
  private func ownDigest() throws -> Digest {
    var bare = self
    bare.digest = nil
    return Digest(of: try JSONText.encode(bare, .indented))
  }

  /// Reads what the dataset in a folder was made of.
  /// - Throws: `IngestError.noSources` where it does not say, or says what cannot be.
  package static func read(of folder: String) throws -> DatasetSources {
    let path = folder + "/" + fileName
    func useless(_ what: String) -> IngestError {
      IngestError.noSources(path: folder, why: what)
    }
    guard Files.exists(path) else { throw useless("it has no \(fileName)") }
    let sources: DatasetSources
    do {
      let text = try Files.readText(path, limitBytes: 4 << 30)
      sources = try JSONDecoder().decode(DatasetSources.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw useless("its \(fileName) is damaged: \(error.summary)")
    }
    if let digest = sources.digest, try digest != sources.ownDigest() {
      throw useless("its \(fileName) has changed since it was written")
    }
    let names = try Dataset(folder: folder).description.scenes.map(\.name)
    guard sources.recipes.map(\.name) == names,
      sources.stamps.map({ $0.count == names.count }) ?? true
    else { throw useless("its \(fileName) is of other scenes") }
    return sources
  }

  /// Which scenes have other files now than those that chips were cut from.
  func changed(_ scenes: [CatalogScene]) -> [String] {
    let known = Dictionary(
      zip(recipes.map(\.source), stamps ?? []), uniquingKeysWith: { first, _ in first })
    return scenes.filter { scene in
      known[scene.recipe.source].map { $0 != scene.stamps } ?? false
    }.map(\.recipe.name)
  }
}
