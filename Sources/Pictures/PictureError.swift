// Why a picture cannot be drawn, or not under this name. Why it could not be written is
// `FileError`'s business.

package enum PictureError: Error, Equatable, CustomStringConvertible {
  case tooLarge(width: Int, height: Int, limit: Int)
  /// What Cairo reports, in its words.
  case drawing(problem: String)
  case notPNG(path: String)
  /// It is its ending alone.
  case noName(path: String)
  case isFolder(path: String)
  case noFolder(path: String, folder: String)

  package var description: String {
    switch self {
    case .tooLarge(let width, let height, let limit):
      "a picture of \(width) × \(height) pixels is larger than \(limit) on a side; show fewer pairs"
    case .drawing(let problem):
      "the picture could not be drawn: \(problem)"
    case .notPNG(let path):
      "\(path) does not end in .png, and pictures are written as PNG; convert one afterwards for "
        + "another type"
    case .noName(let path):
      "\(path) has no name before its ending; call it picture.png, for example"
    case .isFolder(let path):
      "\(path) is a folder; name a file in it, like \(path)/picture.png"
    case .noFolder(let path, let folder):
      "\(path) cannot be written: there is no folder \(folder); create it first"
    }
  }
}
