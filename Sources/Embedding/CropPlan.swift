// Where crops lie along one axis of a map, and what each contributes to which patches. Pure.

/// What becomes of a patch that several crops show.
package enum CropSeams: String, Sendable, Codable, CaseIterable {
  /// The mean of the crops' vectors, each weighted by how far the patch lies from its border.
  case blend
  /// The vector of the crop in which the patch is most central, the later one of two equals.
  case cut

  /// In words, for files.
  package var words: String {
    switch self {
    case .blend: "overlapping by half, blended by the distance from their borders"
    case .cut: "overlapping by half, borders cut"
    }
  }
}

/// A crop along one axis, in patches of the map.
package struct AxisCrop: Hashable, Sendable {
  /// The first patch that the crop shows.
  package let start: Int
  /// The patches of the map that it contributes to; it shows all of them.
  package let used: Range<Int>
  /// (used): its share in each; over all crops they are 1.
  package let weights: [Float]
}

/// Crops that overlap by half. Those at the ends are moved inwards, so that they show nothing
/// beyond the map where they fit into it.
package enum CropPlan {
  /// Patches from one crop to the next.
  /// - Parameter side: patches of a crop.
  package static func step(side: Int) -> Int { max(1, side / 2) }

  /// - Parameters:
  ///   - length: patches of the map along the axis; positive.
  ///   - side: patches of a crop; positive.
  /// - Returns: crops in their order.
  package static func crops(length: Int, side: Int, _ seams: CropSeams) -> [AxisCrop] {
    precondition(length > 0 && side > 0)
    let starts = starts(length: length, side: side)
    // Twice the distance from the nearer border to the middle of the patch.
    func weight(_ patch: Int, _ start: Int) -> Int {
      min(2 * (patch - start) + 1, 2 * (start + side - patch) - 1)
    }
    switch seams {
    case .cut:
      let owners = (0..<length).map { patch in
        starts.reversed().max { weight(patch, $0) < weight(patch, $1) } ?? 0
      }
      return starts.compactMap { start in
        guard let first = owners.firstIndex(of: start), let last = owners.lastIndex(of: start)
        else { return nil }
        return AxisCrop(
          start: start, used: first..<last + 1,
          weights: [Float](repeating: 1, count: last + 1 - first))
      }
    case .blend:
      let shown = starts.map { $0..<min($0 + side, length) }
      var totals = [Int](repeating: 0, count: length)
      for range in shown {
        for patch in range { totals[patch] += weight(patch, range.lowerBound) }
      }
      return shown.map { range in
        AxisCrop(
          start: range.lowerBound, used: range,
          weights: range.map { Float(weight($0, range.lowerBound)) / Float(totals[$0]) })
      }
    }
  }

  /// The first patches of the crops, each once.
  private static func starts(length: Int, side: Int) -> [Int] {
    let step = step(side: side)
    let margin = (side - step) / 2
    let last = max(0, length - side)
    var starts: [Int] = []
    for first in stride(from: 0, to: length, by: step) {
      let start = min(max(first - margin, 0), last)
      if starts.last != start { starts.append(start) }
    }
    return starts
  }
}
