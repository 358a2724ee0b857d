// What is drawn on a canvas and written as a PNG file.

import Basics

package protocol DrawnPicture {
  /// Draws it anew.
  func draw() throws(PictureError) -> Canvas
}

extension DrawnPicture {
  /// The bytes of a PNG file; equal pictures give equal bytes on one machine.
  package func png() throws(PictureError) -> [UInt8] { try draw().png() }

  /// Writes a PNG file, whole or not at all, also where others write it at the same time.
  /// - Throws: `PictureError`, `FileError`.
  package func write(to path: String) throws {
    let bytes = try png()
    try Files.writeDurably(to: path, amongOthers: true) { try $0.write(bytes) }
  }
}
