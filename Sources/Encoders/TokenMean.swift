// One vector for an image: the mean of its patches' tokens.

package enum TokenMean {
  /// Sums in double precision, patch after patch.
  /// - Parameters:
  ///   - tokens: (count, width): the patches' rows.
  ///   - count: patches; positive.
  /// - Returns: (width)
  package static func vector(
    of tokens: UnsafePointer<Float>, count: Int, width: Int
  ) -> [Float] {
    var sums = [Double](repeating: 0, count: width)
    for patch in 0..<count {
      let row = tokens + patch * width
      for index in 0..<width { sums[index] += Double(row[index]) }
    }
    return sums.map { Float($0 / Double(count)) }
  }
}
