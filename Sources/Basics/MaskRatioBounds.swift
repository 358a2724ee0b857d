// How much of an image is hidden.

/// The mask ratio of a pair lies between these, by how much its images overlap:
/// `minimum + IoU · (maximum − minimum)`. Shares of all patches, in [0, 1).
public struct MaskRatioBounds: Hashable, Sendable, Codable {
  /// The share that is hidden of images that do not overlap.
  public var minimum: Float
  /// The share that is hidden of images that show the same place.
  public var maximum: Float

  /// Bounds as given; the configuration checks them.
  public init(minimum: Float, maximum: Float) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The paper's.
  public static let paper = MaskRatioBounds(minimum: 0.75, maximum: 0.85)
}
