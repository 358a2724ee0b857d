// From what users write to what is there: lists, patterns, folders, archives and addresses become
// rasters, products and catalogues. Looks at names; opens no raster.

import Basics
import Foundation
import Imagery

#if canImport(Glibc)
  import Glibc
#endif

/// Something that scenes are found in.
enum InputItem: Equatable {
  /// A raster that GDAL opens. One that was named must be a scene; one that lay in a folder may
  /// turn out to be a preview.
  case raster(path: String, isNamed: Bool)
  /// A Sentinel-2 product's metadata file, and what the user gave.
  case sentinel(metadata: String, source: String)
  /// A Landsat product's metadata file, and what the user gave.
  case landsat(metadata: String, source: String)
  /// A STAC item or collection of items, and its text.
  case catalogue(path: String, text: String)

  /// The raster, the metadata file or the catalogue.
  var path: String {
    switch self {
    case .raster(let path, _), .sentinel(let path, _), .landsat(let path, _),
      .catalogue(let path, _):
      path
    }
  }
}

struct InputExpansion {
  private(set) var items: [InputItem] = []
  /// Files and folders in folders that cannot be read.
  private(set) var failures: [(path: String, error: SceneError)] = []
  /// Lists that name lists, and folders in folders, at most.
  private static let deepest = 32

  /// Endings of files in folders that are taken for scenes: those of GDAL's raster drivers that
  /// hold images.
  static let rasterEndings: Set<String> = [
    "tif", "tiff", "gtiff", "jp2", "j2k", "jpx", "img", "vrt", "png", "jpg", "jpeg", "webp", "ntf",
    "nitf", "pix", "bil", "bip", "bsq", "rst", "ers", "mrf", "ecw", "sid", "gif", "bmp", "hgt",
    "dem", "asc", "kea", "cog", "fits", "heic", "ppm", "pgm",
  ]

  /// Adds what one input names.
  /// - Throws: `InputError`, `SceneError`.
  mutating func add(_ input: String, depth: Int = 0) throws {
    guard depth < Self.deepest else { throw InputError.nestedTooDeep(path: input) }
    if input.hasPrefix("@") && !Files.exists(input) {
      return try addList(String(input.dropFirst()), depth: depth)
    }
    let path = VirtualFiles.address(input) ?? input
    switch VirtualFiles.kind(of: path) {
    case .folder: try addFolder(withoutSlash(path), source: withoutSlash(path), depth: depth)
    case .file: try addFile(path)
    case .other: throw SceneError.unreadable(scene: path, reason: VirtualFiles.isNoFile)
    case nil where path.hasSuffix("/") && RasterLibrary.isRemote(path):
      // GDAL does not say that it could not ask; a list is asked for until a server answers.
      try addFolder(withoutSlash(path), source: withoutSlash(path), depth: depth)
    case nil:
      let isVirtual = VirtualFiles.isVirtual(path)
      if Self.isPattern(path) && (!isVirtual || VirtualFiles.hasFolders(path)) {
        let found = try isVirtual ? Self.virtualGlob(path) : Self.glob(path)
        if found.isEmpty { throw InputError.noMatch(pattern: input) }
        for name in found { try add(name, depth: depth + 1) }
      } else {
        // GDAL has the word: it may be the name of a part of a file.
        items.append(.raster(path: path, isNamed: true))
      }
    }
  }

  private func withoutSlash(_ path: String) -> String {
    var result = path
    while result.count > 1 && result.hasSuffix("/") { result.removeLast() }
    return result
  }

  private mutating func addFile(_ path: String, isNamed: Bool = true) throws {
    let name = Files.name(of: path)
    if SentinelProduct.isMetadata(name) {
      return items.append(.sentinel(metadata: path, source: path))
    }
    if name.hasSuffix(LandsatProduct.ending) {
      return items.append(.landsat(metadata: path, source: path))
    }
    switch VirtualFiles.fileExtension(path) {
    case "json", "geojson":
      let text = try VirtualFiles.text(of: path)
      if CatalogueReader.isCatalogue(text) {
        return items.append(.catalogue(path: path, text: text))
      }
      items.append(.raster(path: path, isNamed: true))
    case "zip": try addArchive(path, system: "/vsizip/", isNamed: isNamed)
    case "tar", "tgz": try addArchive(path, system: "/vsitar/", isNamed: isNamed)
    case "gz" where name.hasSuffix(".tar.gz"):
      try addArchive(path, system: "/vsitar/", isNamed: isNamed)
    default: items.append(.raster(path: path, isNamed: true))
    }
  }

  /// - Parameter isNamed: whether an archive without rasters is an error: one in a folder may hold
  ///   other things.
  private mutating func addArchive(_ path: String, system: String, isNamed: Bool) throws {
    if try VirtualFiles.list(system + path).isEmpty {
      throw SceneError.unreadable(scene: path, reason: "it is an empty archive, or a damaged one")
    }
    let before = items.count
    try addFolder(system + path, source: path, depth: 0)
    if isNamed && items.count == before {
      throw InputError.noBands(scene: path, what: "is an archive without rasters.")
    }
  }

  /// Adds the product that a folder is, or what lies in it and in its folders, by name.
  private mutating func addFolder(_ folder: String, source: String, depth: Int) throws {
    guard depth < Self.deepest else { throw InputError.nestedTooDeep(path: folder) }
    let names = try VirtualFiles.list(folder)
    if let metadata = names.first(where: SentinelProduct.isMetadata) {
      return items.append(.sentinel(metadata: folder + "/" + metadata, source: source))
    }
    let products = names.filter { $0.hasSuffix(LandsatProduct.ending) }
    for name in products {
      let isOnly = products.count == 1
      items.append(
        .landsat(
          metadata: folder + "/" + name, source: isOnly ? source : source + "/" + name))
    }
    let stems = products.map { $0.dropLast(LandsatProduct.ending.count) }
    for name in names where !name.hasPrefix(".") {
      let path = folder + "/" + name
      let isInside = source == folder
      let kind = VirtualFiles.kind(of: path)
      if kind == .folder {
        do {
          try addFolder(path, source: isInside ? path : source + "/" + name, depth: depth + 1)
        } catch let error as SceneError {
          failures.append((path, error))
        }
      } else if stems.contains(where: { name.hasPrefix($0 + "_") || name.hasPrefix($0 + ".") }) {
        continue
      } else if Self.isScene(name), kind == .other {
        failures.append((path, SceneError.unreadable(scene: path, reason: VirtualFiles.isNoFile)))
      } else if Self.isScene(name) {
        items.append(.raster(path: path, isNamed: false))
      } else if ["zip", "tar", "tgz"].contains(VirtualFiles.fileExtension(name)), isInside {
        do {
          try addFile(path, isNamed: false)
        } catch let error as SceneError {
          failures.append((path, error))
        }
      }
    }
  }

  /// Whether a file in a folder is taken for a scene: by its ending, and not by what makes it a
  /// preview.
  static func isScene(_ name: String) -> Bool {
    guard rasterEndings.contains(VirtualFiles.fileExtension(name)) else { return false }
    let words = VirtualFiles.stem(name).lowercased().split { !$0.isLetter }
    let previews: Set<Substring> = [
      "preview", "thumb", "thumbnail", "quicklook", "browse", "ql", "pvi", "overview",
    ]
    return !words.contains { previews.contains($0) }
  }

  /// One input a line; a relative one from the current folder, or else from the list's.
  private mutating func addList(_ path: String, depth: Int) throws {
    guard VirtualFiles.kind(of: path) != .folder else { throw InputError.listIsAFolder(path: path) }
    var text = try VirtualFiles.text(of: path)
    // Some editors begin a file with a mark of its byte order.
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    let folder = Files.parent(of: path)
    var count = 0
    for line in text.split(whereSeparator: \.isNewline) {
      var input = line.trimmingCharacters(in: .whitespaces)
      if input.isEmpty || input.hasPrefix("#") { continue }
      for quote in ["\"", "'"]
      where input.count > 1 && input.hasPrefix(quote) && input.hasSuffix(quote) {
        input = String(input.dropFirst().dropLast())
      }
      let beside = VirtualFiles.resolve(input, in: folder)
      let isVirtual = VirtualFiles.isVirtual(input) || VirtualFiles.address(input) != nil
      let isBeside =
        !isVirtual && !Files.exists(input)
        && (Files.exists(beside) || !Self.glob(beside).isEmpty)
      try add(isBeside ? beside : input, depth: depth + 1)
      count += 1
    }
    if count == 0 { throw InputError.emptyList(path: path) }
  }

  private static func isPattern(_ text: String) -> Bool {
    text.contains { "*?[".contains($0) }
  }

  /// The same of a pattern behind one of GDAL's file systems, whose folders are listed in turn.
  private static func virtualGlob(_ pattern: String) throws -> [String] {
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let first = parts.firstIndex(where: isPattern) ?? parts.endIndex
    var found = [parts[..<first].joined(separator: "/")]
    for (place, part) in zip(first..., parts[first...]) {
      guard isPattern(part) else {
        found = found.map { $0 + "/" + part }
        continue
      }
      // What stands before the first pattern is named; listing it says what is wrong with it.
      let folders =
        place == first ? found : found.filter { VirtualFiles.kind(of: $0) == .folder }
      found = try folders.flatMap { folder in
        try VirtualFiles.list(folder).filter { fnmatch(part, $0, FNM_PERIOD) == 0 }
          .map { folder + "/" + $0 }
      }
    }
    return found.filter { VirtualFiles.kind(of: $0) != nil }
  }

  /// What a shell would make of a pattern, sorted; nothing when nothing fits.
  static func glob(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard Glibc.glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].flatMap { String(validatingCString: $0) }
    }
  }
}
