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
    // What is left of whole vectors is half of one.
    let whole = columns & ~(vectorWidth - 1)
    for pair in 0..<(depth + 1) / 2 {
      let first = rows + 2 &* pair &* stride
      let second = first + stride
      var column = 0
      while column < whole {
        let (even, odd) = (first.vector(at: column), second.vector(at: column))
        first.store(roundedOperands(odd), at: column)
        second.store(roundedOperands(even), at: column)
        column &+= vectorWidth
      }
      if whole < columns {
        let (even, odd) = (halfVector(first + whole), halfVector(second + whole))
        store(roundedOperands(odd), to: first + whole)
        store(roundedOperands(even), to: second + whole)
      }
    }
  }

  /// One row of a micro-panel in groups.
  static func repackGroups(_ row: UnsafeMutablePointer<Float>, depth: Int) {
    let width = MicroTile.groupDepth
    if depth % 2 == 1 { row[depth / width * MicroTile.groupFloats + depth % width] = 0 }
    for group in 0..<(depth + width - 1) / width {
      let lanes = row + group &* MicroTile.groupFloats
      for half in 0..<2 {
        let values = roundedOperands(lanes.vector(at: vectorWidth &* half))
        var swapped = Vector()
        (swapped.evenHalf, swapped.oddHalf) = (values.oddHalf, values.evenHalf)
        lanes.store(swapped, at: vectorWidth &* half)
      }
    }
  }

  @inline(__always)
  private static func halfVector(_ place: UnsafeMutablePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(place).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always)
  private static func store(_ values: SIMD4<Float>, to place: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(place).storeBytes(of: values, as: SIMD4<Float>.self)
  }
}

/// `BFloat16Product.operand` of each value. Integer operations for choices, as compilers keep them
/// whole: all bits of a lane are set where a difference is negative.
@inline(__always)
private func roundedOperands(_ values: Vector) -> Vector {
  let bits = unsafeBitCast(values, to: SIMD8<Int32>.self)
  let magnitude = bits & Int32.max
  let isNaN = (0x7F80_0000 &- magnitude) &>> 31
  let isSubnormal = (magnitude &- 0x0080_0000) &>> 31
  let nearest = bits &+ 0x7FFF &+ ((bits &>> Int32(UInt16.bitWidth)) & 1)
  let number = (nearest & ~isNaN) | ((bits | 0x0040_0000) & isNaN)
  return unsafeBitCast(number & ~(isSubnormal & Int32.max) & Int32(-0x1_0000), to: Vector.self)
}

@inline(__always)
private func roundedOperands(_ values: SIMD4<Float>) -> SIMD4<Float> {
  roundedOperands(Vector(lowHalf: values, highHalf: .zero)).lowHalf
}
