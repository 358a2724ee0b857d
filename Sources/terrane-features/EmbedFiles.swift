// The files that `terrane embed` makes: where each goes, and that it may go there.

import ArgumentParser
import Basics
import Embedding
import Pictures
import Scenes

extension EmbedOutput {
  /// Where the STAC item of the table goes: beside it.
  var itemPath: String? { chips.map { Self.stem(of: $0) + ".json" } }

  /// A table's path without its ending.
  static func stem(of path: String) -> String {
    let ending = ".parquet"
    return path.hasSuffix(ending) ? String(path.dropLast(ending.count)) : path
  }

  private var tableFiles: [OutputFile] {
    [chips, itemPath].compactMap { $0 }.map { OutputFile("--chips", $0) }
  }

  /// Keeps the table's files for this process, and refuses what can be refused of the others before
  /// scenes are looked for.
  /// - Parameter sources: names of what is read.
  /// - Throws: `OutputError`, `FileError`.
  func claimTable(beside sources: [String]) throws -> OutputClaim {
    try checkApart(from: sources)
    if let chips {
      try OutputFile("--chips", chips).check(endsIn: [".parquet"], as: "a GeoParquet")
    }
    for (option, path) in [("--map", map), ("--preview", preview)] {
      guard let path, !Files.isFolder(path), Files.exists(path) else { continue }
      try OutputFile(option, path).check(overwrites: overwrite)
    }
    return try OutputClaim(tableFiles, overwrites: overwrite)
  }

  /// Several scenes may have their maps and pictures in one folder.
  fileprivate func checkApart(from sources: [String]) throws(OutputError) {
    let picture = preview == map ? nil : preview
    let others = [map.map { OutputFile("--map", $0) }, picture.map { OutputFile("--preview", $0) }]
    try OutputFile.checkApart(tableFiles + others.compactMap { $0 }, from: sources)
  }
}

/// Where the maps of scenes go, and their pictures, kept for this process.
struct EmbedMaps {
  /// Of one scene.
  struct Place {
    let map: String
    let preview: String?
  }

  /// One a scene.
  let places: [Place]
  /// Of one scene's files.
  private let claim: OutputClaim?
  /// On the folders of several.
  private let folders: [OutputLock]

  /// Nil where no map is asked for. Makes the folders for the maps of several scenes.
  /// - Throws: `OutputError`, `PictureError`, `EmbeddingError`, `FileError`.
  init?(for recipes: [SceneRecipe], _ output: EmbedOutput) throws {
    guard let map = output.map else { return nil }
    try output.checkApart(from: recipes.flatMap(\.paths))
    if recipes.count == 1 {
      places = [Place(map: map, preview: output.preview)]
      if !Files.isFolder(map) {
        try OutputFile("--map", map).check(endsIn: [".tif", ".tiff"], as: "a GeoTIFF")
      }
      if output.preview == map { throw OutputError.isNamedTwice(path: map) }
      if let preview = output.preview { try PictureFile.check(preview) }
      claim = try OutputClaim(Self.files(of: places), overwrites: output.overwrite)
      folders = []
      return
    }
    if Files.exists(map) && !Files.isFolder(map) {
      throw EmbeddingError.severalScenes(path: map, count: recipes.count)
    }
    places = Self.fileNames(of: recipes).map { name in
      Place(map: "\(map)/\(name).tif", preview: output.preview.map { "\($0)/\(name).png" })
    }
    let both = Set([map, output.preview ?? map]).sorted()
    for folder in both { try Files.createFolder(folder) }
    try OutputFile.checkApart(Self.files(of: places), from: recipes.flatMap(\.paths))
    for file in Self.files(of: places) { try file.check(overwrites: output.overwrite) }
    claim = nil
    folders = try both.map { try OutputLock($0) }
  }

  /// Keeps one of several maps for this process: another one may make it alone.
  /// - Throws: `OutputError`, `FileError`.
  func hold(_ place: Place) throws -> OutputLock? {
    claim == nil ? try OutputLock(place.map) : nil
  }

  private static func files(of places: [Place]) -> [OutputFile] {
    places.flatMap { place in
      [OutputFile("--map", place.map)]
        + (place.preview.map { [OutputFile("--preview", $0)] } ?? [])
    }
  }

  /// The scenes' names without what tells a format, each different.
  private static func fileNames(of recipes: [SceneRecipe]) -> [String] {
    var seen: [String: Int] = [:]
    return recipes.map { recipe in
      let name = recipe.name.replacing("/", with: "_")
      let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
      let base = stem.isEmpty ? name : stem
      seen[base, default: 0] += 1
      return seen[base] == 1 ? base : "\(base)-\(seen[base] ?? 0)"
    }
  }
}
