// Where an image lies in the frame that its positions are told in. Not here: how such a frame is
// chosen.

/// The edges of an image in a frame of the objective's choice; y upwards.
package struct FrameBox: Hashable, Sendable {
  package var left: Float
  package var top: Float
  package var right: Float
  package var bottom: Float

  /// Nothing is checked.
  package init(left: Float, top: Float, right: Float, bottom: Float) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// The box of an image that is alone: it fills the frame [0, 32]².
  package static let alone = FrameBox(left: 0, top: 32, right: 32, bottom: 0)
}
