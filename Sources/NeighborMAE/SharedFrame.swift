// Where the two images of a pair lie relative to each other: the frame they share, their overlap,
// and how much of them is therefore hidden. `shared_frame` and `intersection_over_union` of the
// oracle.

import Basics
import VisionTransformer

extension FrameBox {
  var area: Float { (right - left) * (top - bottom) }

  /// Least extent of a box along an axis: 3·10⁻⁷ of the frame. Smaller ones show nothing beside
  /// their neighbour, and their reciprocals would leave the range of single precision.
  static let leastExtent: Float = 1e-5

  var isProper: Bool { right - left >= Self.leastExtent && top - bottom >= Self.leastExtent }
}

/// The frame [0, 32]² that the footprints of a pair span together; y upwards.
package enum SharedFrame {
  /// Extent of the frame along each axis.
  package static let side = 32.0

  /// Both footprints in the frame; each axis is scaled on its own, so that their union fills it.
  ///
  /// - Precondition: both footprints are proper.
  package static func boxes(_ first: Footprint, _ second: Footprint) -> [FrameBox] {
    precondition(first.isProper && second.isProper)
    let left = min(first.left, second.left)
    let bottom = min(first.bottom, second.bottom)
    let xScale = side / (max(first.right, second.right) - left)
    let yScale = side / (max(first.top, second.top) - bottom)
    return [first, second].map { footprint in
      FrameBox(
        left: Float((footprint.left - left) * xScale),
        top: Float((footprint.top - bottom) * yScale),
        right: Float((footprint.right - left) * xScale),
        bottom: Float((footprint.bottom - bottom) * yScale))
    }
  }

  /// Area of overlap over area of union, in single precision as the oracle computes it.
  package static func intersectionOverUnion(_ a: FrameBox, _ b: FrameBox) -> Float {
    let width = max(0, min(a.right, b.right) - max(a.left, b.left))
    let height = max(0, min(a.top, b.top) - max(a.bottom, b.bottom))
    let overlap = width * height
    return overlap / (a.area + b.area - overlap)
  }

  /// The share of patches to hide: `minimum + IoU · (maximum − minimum)`.
  package static func maskRatio(intersectionOverUnion iou: Float, bounds: MaskRatioBounds) -> Float
  {
    bounds.minimum + iou * Float(decimal(bounds.maximum) - decimal(bounds.minimum))
  }

  /// The number that someone wrote and single precision rounded: 0.9 and not 0.89999998. The oracle
  /// subtracts bounds before it rounds them, which decides where a count falls on a half.
  private static func decimal(_ value: Float) -> Double {
    Double(value.description) ?? Double(value)
  }
}
