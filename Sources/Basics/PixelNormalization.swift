// By which statistics of a band its values become numbers for the model.

/// What is subtracted from the values of a band, and what the difference is divided by.
package enum PixelNormalization: String, CaseIterable, Sendable, Codable {
  /// The mean, and the standard deviation.
  case meanAndDeviation
  /// The median, and the distance of the quartiles over 1.349, which is the deviation of values
  /// that are distributed normally: a few extreme pixels move neither. The standard deviation where
  /// the quartiles are equal.
  case quantiles
}
