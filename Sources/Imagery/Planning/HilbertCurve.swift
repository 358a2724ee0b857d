// An order of places in which what is close in the order is close on the map.

import Basics

package enum HilbertCurve {
  /// Cells along one side of the curve's square: 2¹⁶.
  package static let order = 16

  /// The position along the curve of the cell (x, y), both in 0..<2^order; y upwards, from the
  /// lower left cell. (Hilbert, 1891; the iterative form of Warren, "Hacker's Delight", 16-1.)
  package static func position(x: Int, y: Int, order: Int = order) -> UInt64 {
    precondition((0..<1 << order).contains(x) && (0..<1 << order).contains(y))
    var x = x
    var y = y
    var position: UInt64 = 0
    var half = 1 << (order - 1)
    while half > 0 {
      let right = x & half != 0
      let upper = y & half != 0
      let quadrant: UInt64 = right ? (upper ? 2 : 3) : (upper ? 1 : 0)
      position += quadrant * UInt64(half) * UInt64(half)
      // The quadrant's own curve starts where the last one ended: turn the cell into its frame.
      if !upper {
        if right {
          x = (1 << order) - 1 - x
          y = (1 << order) - 1 - y
        }
        swap(&x, &y)
      }
      half >>= 1
    }
    return position
  }

  /// The indices of footprints along the curve through their centres; equal centres stay in their
  /// order.
  package static func sorted(_ footprints: [Footprint]) -> [Int] {
    guard let extent = Extent(of: footprints) else { return [] }
    let cells = Double(1 << order)
    let scale = cells / max(extent.box.width, extent.box.height)
    func cell(_ distance: Double) -> Int { min(Int(distance * scale), (1 << order) - 1) }
    let positions = footprints.map { footprint in
      position(
        x: cell((footprint.left + footprint.right) / 2 - extent.box.left),
        y: cell((footprint.bottom + footprint.top) / 2 - extent.box.bottom))
    }
    return footprints.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
  }
}

/// The smallest box around footprints.
package struct Extent {
  package let box: Footprint

  /// Nil for no footprints.
  package init?(of footprints: [Footprint]) {
    guard var box = footprints.first else { return nil }
    for other in footprints {
      box.left = min(box.left, other.left)
      box.top = max(box.top, other.top)
      box.right = max(box.right, other.right)
      box.bottom = min(box.bottom, other.bottom)
    }
    self.box = box
  }
}
