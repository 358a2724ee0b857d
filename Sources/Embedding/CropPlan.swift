// Where crops lie along one axis of a map, and which patches are taken from which. Pure.

/// A crop along one axis, in patches of the map.
package struct AxisCrop: Hashable, Sendable {
  /// The first patch that the crop shows.
  package let start: Int
  /// The patches that are taken from it.
  package let kept: Range<Int>
}

/// Crops that overlap by half, of each of which the inner part is kept: a patch is taken from the
/// crop in which it is most central, the later one of two equals. Crops at the ends are moved
/// inwards, so that they show nothing beyond the map where they fit into it.
package enum CropPlan {
  /// - Parameters:
  ///   - length: patches of the map along the axis; positive.
  ///   - side: patches of a crop; positive.
  /// - Returns: crops in their order; what they keep are the patches of the map, each once.
  package static func crops(length: Int, side: Int) -> [AxisCrop] {
    precondition(length > 0 && side > 0)
    let step = max(1, side / 2)
    let margin = (side - step) / 2
    let last = max(0, length - side)
    var crops: [AxisCrop] = []
    var first = 0
    while first < length {
      let end = min(first + step, length)
      let start = min(max(first - margin, 0), last)
      if let previous = crops.last, previous.start == start {
        crops[crops.count - 1] = AxisCrop(start: start, kept: previous.kept.lowerBound..<end)
      } else {
        crops.append(AxisCrop(start: start, kept: first..<end))
      }
      first = end
    }
    return crops
  }

  /// Crops in groups of neighbours, `size` of them in each but the last.
  package static func groups(_ crops: [AxisCrop], size: Int) -> [ArraySlice<AxisCrop>] {
    precondition(size > 0)
    return stride(from: 0, to: crops.count, by: size).map {
      crops[$0..<min($0 + size, crops.count)]
    }
  }
}
