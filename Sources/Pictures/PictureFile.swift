// What a picture's file must be called, asked before anything is computed for it.

import Basics

package enum PictureFile {
  /// - Throws: `PictureError` when the ending is not that of a PNG file, or the folder is not
  ///   there.
  package static func check(_ path: String) throws(PictureError) {
    guard path.lowercased().hasSuffix(".png") else { throw .notPNG(path: path) }
    if Files.name(of: path).lowercased() == ".png" { throw .noName(path: path) }
    if Files.isFolder(path) { throw .isFolder(path: path) }
    let folder = Files.parent(of: path)
    guard Files.isFolder(folder) else { throw .noFolder(path: path, folder: folder) }
  }
}
