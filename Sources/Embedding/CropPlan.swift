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

  /// The crops that contribute to some patches; memory and time are those of these patches alone.
  /// - Parameters:
  ///   - patches: of the map; nil for all.
  ///   - length: patches of the map along the axis; positive.
  ///   - side: patches of a crop; positive.
  /// - Returns: crops in their order, each with all that it contributes to.
  package static func crops(
    for patches: Range<Int>? = nil, length: Int, side: Int, _ seams: CropSeams
  ) -> [AxisCrop] {
    precondition(length > 0 && side > 0)
    let patches = patches ?? 0..<length
    // A crop of these patches reaches less than a side beyond them, and so does one that shares
    // patches with it.
    let shared = max(0, patches.lowerBound - side)..<min(length, patches.upperBound + side)
    let starts = starts(showing: shared, length: length, side: side)
    // Twice the distance from the nearer border to the middle of the patch.
    func weight(_ patch: Int, _ start: Int) -> Int {
      min(2 * (patch - start) + 1, 2 * (start + side - patch) - 1)
    }
    let crops: [AxisCrop]
    switch seams {
    case .cut:
      var owned: [Int: Range<Int>] = [:]
      for patch in shared {
        let owner = starts.reversed().max { weight(patch, $0) < weight(patch, $1) } ?? 0
        owned[owner] = (owned[owner]?.lowerBound ?? patch)..<patch + 1
      }
      crops = starts.compactMap { start in
        owned[start].map {
          AxisCrop(start: start, used: $0, weights: [Float](repeating: 1, count: $0.count))
        }
      }
    case .blend:
      let shown = starts.map { $0..<min($0 + side, length) }
      var totals: [Int: Int] = [:]
      for range in shown {
        for patch in range { totals[patch, default: 0] += weight(patch, range.lowerBound) }
      }
      crops = shown.map { range in
        AxisCrop(
          start: range.lowerBound, used: range,
          weights: range.map { Float(weight($0, range.lowerBound)) / Float(totals[$0] ?? 1) })
      }
    }
    return crops.filter { $0.used.overlaps(patches) }
  }

  /// The first patches of the crops that show any of some patches, each once.
  private static func starts(showing patches: Range<Int>, length: Int, side: Int) -> [Int] {
    let step = step(side: side)
    let margin = (side - step) / 2
    let last = max(0, length - side)
    let first = max(0, patches.lowerBound - side) / step * step
    var starts: [Int] = []
    for place in stride(from: first, to: min(length, patches.upperBound + side + step), by: step) {
      let start = min(max(place - margin, 0), last)
      if starts.last != start && start + side > patches.lowerBound && start < patches.upperBound {
        starts.append(start)
      }
    }
    return starts
  }
}
