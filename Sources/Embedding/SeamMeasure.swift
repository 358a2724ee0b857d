// Whether crops leave traces in a map: how far neighbouring vectors lie apart across the borders of
// crops, and inside of them.

/// Sums over pairs of patches that touch at an edge.
package struct SeamMeasure: Hashable, Sendable, Codable {
  /// Pairs between which a crop begins or ends to contribute, and the sum of their distances.
  package var acrossPairs = 0
  package var across = 0.0
  /// Pairs to which the same crops contribute.
  package var insidePairs = 0
  package var inside = 0.0

  package init() {}

  /// Mean distance across borders; nil where there are none.
  package var meanAcross: Double? { acrossPairs > 0 ? across / Double(acrossPairs) : nil }
  /// Mean distance inside crops; nil where there are no pairs.
  package var meanInside: Double? { insidePairs > 0 ? inside / Double(insidePairs) : nil }

  /// Adds the pairs of a block, those with its neighbours left out.
  mutating func add(_ features: BlockFeatures, dimensions: Int) {
    let block = features.block
    let (height, width) = (block.rows.count, block.columns.count)
    let rowEnds = Self.ends(block.rowCrops, in: block.rows)
    let columnEnds = Self.ends(block.columnCrops, in: block.columns)
    for row in 0..<height {
      for column in 0..<width where features.validity[row * width + column] == 1 {
        let place = row * width + column
        if column + 1 < width && features.validity[place + 1] == 1 {
          add(distance(features, place, place + 1, dimensions), columnEnds.contains(column))
        }
        if row + 1 < height && features.validity[place + width] == 1 {
          add(distance(features, place, place + width, dimensions), rowEnds.contains(row))
        }
      }
    }
  }

  /// The patches behind which a crop begins or ends to contribute, counted from the block's first.
  private static func ends(_ crops: [AxisCrop], in range: Range<Int>) -> Set<Int> {
    Set(
      crops.flatMap { [$0.used.lowerBound, $0.used.upperBound] }
        .map { $0 - 1 - range.lowerBound })
  }

  private mutating func add(_ distance: Double, _ isAcross: Bool) {
    if isAcross {
      across += distance
      acrossPairs += 1
    } else {
      inside += distance
      insidePairs += 1
    }
  }

  private func distance(_ features: BlockFeatures, _ a: Int, _ b: Int, _ count: Int) -> Double {
    let first = features.values.pointer + a * count
    let second = features.values.pointer + b * count
    var sum: Float = 0
    for index in 0..<count {
      let difference = first[index] - second[index]
      sum += difference * difference
    }
    return Double(sum).squareRoot()
  }
}
