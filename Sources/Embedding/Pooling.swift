// One vector for a whole image, from the rows that a function of images gives it.

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
    var sums = [Double](repeating: 0, count: width)
    for patch in 0..<source.patches.patchCount {
      let row = rows + (source.rowsPerImage - source.patches.patchCount + patch) * width
      for index in 0..<width { sums[index] += Double(row[index]) }
    }
    let mean = sums.map { Float($0 / Double(source.patches.patchCount)) }
    return self == .both ? Array(token) + mean : mean
  }
}
