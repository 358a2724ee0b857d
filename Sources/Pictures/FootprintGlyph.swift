// How two footprints lie to each other, scaled into a small square. Geometry only.

import Basics

struct FootprintGlyph {
  let first: Rectangle
  let second: Rectangle

  /// The union of both, as large as `square` holds it, centred, north up, equal scales on both
  /// axes.
  init(_ first: Footprint, _ second: Footprint, in square: Rectangle) {
    let left = min(first.left, second.left)
    let right = max(first.right, second.right)
    let top = max(first.top, second.top)
    let bottom = min(first.bottom, second.bottom)
    let scale = min(square.width / (right - left), square.height / (top - bottom))
    let x = square.center.x - (right - left) / 2 * scale
    let y = square.center.y - (top - bottom) / 2 * scale
    func placed(_ box: Footprint) -> Rectangle {
      Rectangle(
        x: x + (box.left - left) * scale, y: y + (top - box.top) * scale,
        width: box.width * scale, height: box.height * scale)
    }
    self.first = placed(first)
    self.second = placed(second)
  }

  /// Base line of the letter A, in the corner of its box that is farthest from the other box.
  func firstLetter(size: Double) -> Point { Self.corner(of: first, awayFrom: second, size) }

  func secondLetter(size: Double) -> Point {
    // Two equal boxes: opposite corners.
    if first.center == second.center {
      return Self.corner(of: second, toRight: true, toBottom: true, size)
    }
    return Self.corner(of: second, awayFrom: first, size)
  }

  private static func corner(
    of box: Rectangle, awayFrom other: Rectangle, _ size: Double
  ) -> Point {
    corner(
      of: box, toRight: box.center.x > other.center.x, toBottom: box.center.y > other.center.y, size
    )
  }

  private static func corner(
    of box: Rectangle, toRight: Bool, toBottom: Bool, _ size: Double
  ) -> Point {
    let distance = size * 0.75
    return Point(
      x: toRight ? box.right - distance : box.x + distance,
      y: (toBottom ? box.bottom - distance : box.y + distance) + size * 0.36)
  }
}
