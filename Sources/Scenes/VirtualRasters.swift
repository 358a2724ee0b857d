// Virtual rasters (VRT), texts that name other rasters as sources: whether one leads back to
// itself, where GDAL reads zeros, or says that too many threads are running, and whether one leads
// to a pipe, where it waits.

import Basics
import Foundation

package enum VirtualRasters {
  /// Files inside one another, at most.
  private static let deepest = 32
  private static let start = Array("<VRTDataset".utf8)

  /// - Throws: `SceneError.namesItself`; `SceneError.unreadable` for what leads to a pipe;
  ///   `InputError.nestedTooDeep`.
  package static func refuseCycles(in recipe: SceneRecipe) throws {
    var search = Search(scene: recipe.source)
    for path in recipe.paths { try search.visit(path) }
  }

  /// The same of one raster, but that it may lead back to itself.
  static func refusePipes(in path: String) throws {
    var search = Search(scene: path)
    do {
      try search.visit(path)
    } catch SceneError.namesItself {
      // Said of the scene, with the others of its rasters.
    }
  }

  private struct Search {
    let scene: String
    /// Virtual rasters that were followed to their ends.
    private var known: Set<String> = []
    /// The one that is looked at, after those that name it.
    private var chain: [String] = []

    init(scene: String) { self.scene = scene }

    mutating func visit(_ path: String) throws {
      do {
        try VirtualFiles.refusePipe(path)
      } catch SceneError.unreadable(_, let reason) where !chain.isEmpty {
        throw SceneError.unreadable(
          scene: scene, reason: "its source \(path.visible) cannot be read: \(reason)")
      }
      let file = VirtualFiles.resolved(path)
      if chain.contains(file) {
        throw SceneError.namesItself(scene: scene, file: chain[chain.count - 1])
      }
      guard !known.contains(file), isVirtualRaster(path) else { return }
      guard chain.count < deepest else { throw InputError.nestedTooDeep(path: path) }
      chain.append(file)
      for source in sources(of: path) { try visit(source) }
      chain.removeLast()
      known.insert(file)
    }
  }

  /// By its name, or by how a file of this machine begins.
  private static func isVirtualRaster(_ path: String) -> Bool {
    if VirtualFiles.fileExtension(path) == "vrt" { return true }
    guard !VirtualFiles.isVirtual(path), let file = try? FileReader(path) else { return false }
    var head = [UInt8](repeating: 0, count: start.count)
    let count = head.withUnsafeMutableBytes { try? file.read(into: $0, at: 0) }
    return count == head.count && head == start
  }

  /// What a virtual raster reads from; nothing where its text cannot be read, which GDAL says.
  private static func sources(of path: String) -> [String] {
    guard let text = try? VirtualFiles.text(of: path),
      let document = try? ProductXML(text, path: path)
    else { return [] }
    return (document.all("SourceFilename") + document.all("SourceDataset")).map { element in
      var source = element.text
      // GDAL's short form for a raster with options.
      if source.hasPrefix("vrt://") {
        source = String(source.dropFirst("vrt://".count).prefix { $0 != "?" })
      }
      return element.attributes["relativeToVRT"] == "1"
        ? VirtualFiles.resolve(source, in: Files.parent(of: path)) : source
    }
  }
}
