// Micro-panels of floats, packed by `Packing`, become micro-panels of rounded ones in which the odd
// depth of a pair lies before the even one: `PackedForm.widened`. All in place.

enum WidenedPacking {
  /// Micro-panels whose depths lie one behind the other, `width` floats each.
  static func repackPanels(
    _ panels: UnsafeMutablePointer<Float>, count: Int, panelStride: Int, depth: Int, width: Int
  ) {
    for panel in 0..<count {
      repackRows(panels + panel * panelStride, depth: depth, columns: width, stride: width)
    }
  }

  /// Micro-panels of A in groups of depths.
  static func repackGroupedPanels(
    _ panels: UnsafeMutablePointer<Float>, count: Int, panelStride: Int, depth: Int
  ) {
    for panel in 0..<count {
      for line in 0..<MicroTile.mr {
        repackGroups(panels + panel * panelStride + line * MicroTile.groupDepth, depth: depth)
      }
    }
  }

  /// A row for each depth, and one more for an odd end.
  static func repackRows(
    _ rows: UnsafeMutablePointer<Float>, depth: Int, columns: Int, stride: Int
  ) {
    if depth % 2 == 1 { (rows + depth * stride).update(repeating: 0, count: columns) }
    for pair in 0..<(depth + 1) / 2 {
      let first = rows + 2 * pair * stride
      let second = first + stride
      // No branch and no vectors by hand: the compiler makes them.
      for column in 0..<columns {
        let (even, odd) = (first[column], second[column])
        first[column] = BFloat16Product.operand(odd)
        second[column] = BFloat16Product.operand(even)
      }
    }
  }

  /// One row of a micro-panel in groups.
  static func repackGroups(_ row: UnsafeMutablePointer<Float>, depth: Int) {
    let width = MicroTile.groupDepth
    if depth % 2 == 1 { row[depth / width * MicroTile.groupFloats + depth % width] = 0 }
    for group in 0..<(depth + width - 1) / width {
      let lanes = row + group * MicroTile.groupFloats
      for pair in 0..<width / 2 {
        let (even, odd) = (lanes[2 * pair], lanes[2 * pair + 1])
        lanes[2 * pair] = BFloat16Product.operand(odd)
        lanes[2 * pair + 1] = BFloat16Product.operand(even)
      }
    }
  }
}
