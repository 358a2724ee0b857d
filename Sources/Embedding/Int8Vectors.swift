// Vectors in bytes, by the formula of AlphaEarth's and OlmoEarth's products, and what that loses.

import Foundation

/// round(sign(x) · √|x| · 127.5), at least −127 and at most 127, of vectors of length 1; back by
/// sign(q) · (q / 127.5)². −128 stands for nodata.
package enum Int8Vectors {
  /// The formula in words, for files.
  package static let formula =
    "x / |x| as round(sign(x) * sqrt(abs(x)) * 127.5) clipped to -127..127; back by sign(q) * "
    + "(q / 127.5)^2; -128 is nodata"
  package static let nodata: Int8 = -128

  /// Of a value from −1 to 1; halves are rounded to even ones.
  package static func quantised(_ value: Float) -> Int8 {
    let root = abs(value).squareRoot() * 127.5
    let rounded = min(root.rounded(.toNearestOrEven), 127)
    return Int8(value < 0 ? -rounded : rounded)
  }

  package static func value(_ quantised: Int8) -> Float {
    let share = Float(quantised) / 127.5
    return quantised < 0 ? -share * share : share * share
  }

  /// Writes a vector as bytes; one of length 0 becomes zeros, and one that is not finite nodata.
  /// - Parameters:
  ///   - vector: (D)
  ///   - bytes: (D)
  /// - Returns: what was lost.
  static func quantise(
    _ vector: UnsafePointer<Float>, count: Int, into bytes: UnsafeMutablePointer<Int8>
  ) -> RoundTripLoss {
    var sum = 0.0
    for index in 0..<count { sum += Double(vector[index]) * Double(vector[index]) }
    let length = sum.squareRoot()
    var loss = RoundTripLoss()
    guard length.isFinite else {
      for index in 0..<count { bytes[index] = nodata }
      return loss
    }
    loss.vectors = 1
    loss.values = count
    if length == 0 {
      for index in 0..<count { bytes[index] = 0 }
      loss.cosines = 1
      return loss
    }
    var (product, square) = (0.0, 0.0)
    for index in 0..<count {
      let exact = Double(vector[index]) / length
      bytes[index] = quantised(Float(exact))
      let back = Double(value(bytes[index]))
      let error = back - exact
      loss.largest = max(loss.largest, abs(error))
      loss.squares += error * error
      product += back * exact
      square += back * back
    }
    loss.cosines = square > 0 ? product / square.squareRoot() : 0
    return loss
  }
}

/// How far vectors are from themselves after they were bytes.
package struct RoundTripLoss: Hashable, Sendable, Codable {
  package var vectors = 0
  package var values = 0
  /// Of the differences of values.
  package var squares = 0.0
  /// The largest difference of a value.
  package var largest = 0.0
  /// Sum of the cosines between vectors before and after.
  package var cosines = 0.0

  mutating func add(_ other: RoundTripLoss) {
    vectors += other.vectors
    values += other.values
    squares += other.squares
    largest = max(largest, other.largest)
    cosines += other.cosines
  }

  /// Root of the mean square of the differences of values; 0 of nothing.
  package var rootMeanSquare: Double { values > 0 ? (squares / Double(values)).squareRoot() : 0 }
  package var meanCosine: Double { vectors > 0 ? cosines / Double(vectors) : 1 }
}
