// Where a scene is cut.

package enum WindowGrid {
  /// The starts of windows along one axis: every `stride` pixels, and one more that ends at the
  /// scene's edge when the last one does not, so that no pixel is lost. That one overlaps its
  /// neighbour by more than the others do, which footprints express as they express any overlap.
  /// - Parameters:
  ///   - length: of the scene, in pixels; shorter than a side, there is no window.
  ///   - side: of a window, in pixels.
  /// - Precondition: `side` and `stride` are positive.
  package static func starts(length: Int, side: Int, stride: Int) -> [Int] {
    precondition(side > 0 && stride > 0)
    guard length >= side else { return [] }
    let last = length - side
    var starts = Array(Swift.stride(from: 0, through: last, by: stride))
    if starts[starts.count - 1] != last { starts.append(last) }
    return starts
  }
}
