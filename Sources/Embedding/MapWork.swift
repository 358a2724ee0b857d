// What a map leaves on the disk while it is made, so that the same command goes on where it was.
// Files and names only.

import Basics
import Foundation
import MapFiles

/// How far a map has come. Blocks are done in their order.
package struct MapProgress: Codable, Hashable, Sendable {
  /// Names what is being made.
  var request: Digest
  /// For people.
  var description: String
  /// Blocks that are whole in the file.
  var blocks = 0
  package var validPatches = 0
  package var loss = RoundTripLoss()
  package var seams = SeamMeasure()

  init(request: Digest, description: String) {
    self.request = request
    self.description = description
  }
}

/// The folder OUT.partial.
struct MapWork {
  /// Where the map will be.
  let path: String
  var folder: String { path + ".partial" }
  var raster: String { folder + "/" + Self.rasterName }
  var copy: String { folder + "/" + Self.copyName }
  private var progressFile: String { folder + "/" + Self.progressName }

  private static let rasterName = "features.tif"
  private static let copyName = "copy.tif"
  private static let progressName = "progress.json"

  /// What was done of this request before; nil where it is to begin.
  /// - Throws: `EmbeddingError` where the folder is another one's, or of another request.
  func progress(of request: Digest, restarts: Bool) throws -> MapProgress? {
    guard Files.exists(folder) else { return nil }
    guard try Files.isFolder(folder) && isOurs() else {
      throw EmbeddingError.foreignWork(folder: folder)
    }
    if restarts {
      try Files.remove(folder)
      return nil
    }
    guard Files.exists(progressFile), Files.exists(raster) else {
      try Files.remove(folder)
      return nil
    }
    let text = try Files.readText(progressFile)
    guard let found = try? JSONDecoder().decode(MapProgress.self, from: Data(text.utf8)) else {
      throw EmbeddingError.foreignWork(folder: folder)
    }
    guard found.request == request else {
      throw EmbeddingError.otherWork(folder: folder, description: found.description)
    }
    return found
  }

  private func isOurs() throws -> Bool {
    try Files.list(folder).allSatisfy { name in
      [Self.rasterName, Self.copyName, Self.progressName].contains { name.hasPrefix($0) }
    }
  }

  func save(_ progress: MapProgress) throws {
    let text = try JSONText.encode(progress, .indented)
    try Files.writeDurably(text + "\n", to: progressFile)
  }

  /// Puts the finished map in its place and removes the rest.
  func publish() throws {
    try Files.rename(copy, to: path)
    try Files.remove(folder)
  }
}
