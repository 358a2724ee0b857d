// Whether images are mirrored at random, so that a model sees more of them than there are.

/// How the samples of a microbatch are mirrored.
package enum ImageFlips: String, CaseIterable, Sendable {
  /// Not at all.
  case none
  /// Every second one, left to right; the images of a pair together.
  case horizontal
}
