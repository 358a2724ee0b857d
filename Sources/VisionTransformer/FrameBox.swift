// Where an image lies in the frame that its positions are told in. Not here: how such a frame is chosen.

/// The edges of an image in a frame of the objective's choice; y upwards.
package struct FrameBox: Hashable, Sendable {
  package var left: Float
  package var top: Float
  package var right: Float
  package var bottom: Float

  package init(left: Float, top: Float, right: Float, bottom: Float) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }
}
