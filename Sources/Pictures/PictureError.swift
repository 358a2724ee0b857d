// Why a picture could not be drawn. Why it could not be written is `FileError`'s business.

public enum PictureError: Error, Equatable, CustomStringConvertible {
  case tooLarge(width: Int, height: Int, limit: Int)
  /// What Cairo reports, in its words.
  case drawing(problem: String)

  public var description: String {
    switch self {
    case .tooLarge(let width, let height, let limit):
      "a picture of \(width) × \(height) pixels is larger than \(limit) on a side; show fewer pairs"
    case .drawing(let problem):
      "the picture could not be drawn: \(problem)"
    }
  }
}
