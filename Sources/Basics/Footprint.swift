// Where on the map an image lies.

/// An axis-aligned box in map coordinates, y upwards: `top > bottom`, `right > left`. Any length
/// unit.
public struct Footprint: Hashable, Sendable, Codable {
  /// The western edge.
  public var left: Double
  /// The northern edge.
  public var top: Double
  /// The eastern edge.
  public var right: Double
  /// The southern edge.
  public var bottom: Double

  /// A box from its edges, which are taken as they are: see `isProper`.
  public init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// From the left edge to the right one.
  public var width: Double { right - left }
  /// From the lower edge to the upper one.
  public var height: Double { top - bottom }
  /// In squares of the map's unit.
  public var area: Double { width * height }

  /// True for finite edges in their order.
  public var isProper: Bool {
    [left, top, right, bottom].allSatisfy(\.isFinite) && right > left && top > bottom
  }

  /// Whether the boxes overlap or share at least a corner.
  public func touches(_ other: Footprint) -> Bool {
    left <= other.right && other.left <= right && bottom <= other.top && other.bottom <= top
  }

  /// Area of overlap over area of union, in [0, 1].
  public func intersectionOverUnion(_ other: Footprint) -> Double {
    let overlapWidth = max(0, min(right, other.right) - max(left, other.left))
    let overlapHeight = max(0, min(top, other.top) - max(bottom, other.bottom))
    let overlap = overlapWidth * overlapHeight
    return overlap / (area + other.area - overlap)
  }
}
