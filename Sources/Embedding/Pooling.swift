// One vector for a whole image, from the rows that a function of images gives it.

import Encoders

/// How the tokens of an image become one vector.
package enum Pooling: String, Sendable, Codable, CaseIterable {
  /// The mean of the patches' vectors.
  case mean
  /// The class token's vector.
  case cls
  /// The class token's vector, then the mean of the patches'.
  case both

  /// In words, for files.
  package var words: String {
    switch self {
    case .mean: "mean of the patch tokens after the encoder's last norm"
    case .cls: "class token after the encoder's last norm"
    case .both: "class token, then the mean of the patch tokens, after the encoder's last norm"
    }
  }

  /// Values of a vector.
  package func dimensions(of source: FeatureSource) -> Int {
    source.dimensions * (self == .both ? 2 : 1)
  }

  /// The vector of one image of a result.
  /// - Parameter result: see `FeatureSource.compute`.
  /// - Precondition: the source has class tokens where they are asked for.
  package func vector(
    ofImage image: Int, in result: UnsafePointer<Float>, by source: FeatureSource
  ) -> [Float] {
    let width = source.dimensions
    let rows = result + image * source.rowsPerImage * width
    precondition(self == .mean || source.rowsPerImage > source.patches.patchCount)
    let token = UnsafeBufferPointer(start: rows, count: width)
    if self == .cls { return Array(token) }
    let count = source.patches.patchCount
    let mean = TokenMean.vector(
      of: rows + (source.rowsPerImage - count) * width, count: count, width: width)
    return self == .both ? Array(token) + mean : mean
  }
}
