// Where the pixels of one image of a pair fall in the other one: `grid_sample` of PyTorch along one
// axis, with align_corners off and zeros outside. Both axes are alike and independent, because
// boxes are never rotated.

import VisionTransformer

/// Where one column (or row) of this image falls in the other.
struct AxisSample {
  /// The lower of the two neighbours that are blended, in -1..<side; those outside count as zero.
  var lower: Int32 = 0
  /// The share of the upper neighbour.
  var upperShare: Float = 0
  /// The nearest one, or -1 when that is outside.
  var nearest: Int32 = -1
}

enum PixelSampling {
  /// The pixels' centres along an axis of an image that reaches from -1 to 1.
  static func pixelCentres(side: Int) -> [Float] {
    let first = -1 + 1 / Double(side)
    return EvenSpacing.numbers(from: Float(first), to: Float(-first), count: side)
  }

  /// Fills the samples along one axis.
  ///
  /// - Parameters:
  ///   - centres: of the pixels, from `pixelCentres`.
  ///   - centre, extent: of this image's box along the axis, in the shared frame.
  ///   - otherCentre, otherExtent: of the other's.
  ///   - direction: 1 where pixels run as the frame does (x), -1 where against it (rows run
  ///     downwards).
  static func fill(
    _ samples: inout [AxisSample], centres: [Float], centre: Float, extent: Float,
    otherCentre: Float,
    otherExtent: Float, direction: Float
  ) {
    let side = samples.count
    let offset = (centre - otherCentre) * 2 / otherExtent * direction
    let scale = extent / otherExtent
    for index in 0..<side {
      let position = (centres[index] * scale + offset + 1) * (Float(side) / 2) - 0.5
      samples[index] = sample(at: position, side: side)
    }
  }

  /// Fills the samples of both axes: where the pixels of an image of a pair fall in the other one.
  static func fill(
    columns: inout [AxisSample], rows: inout [AxisSample], centres: [Float], of image: ImageInPair
  ) {
    let (a, b) = (image.box, image.otherBox)
    fill(
      &columns, centres: centres, centre: (a.left + a.right) / 2, extent: a.right - a.left,
      otherCentre: (b.left + b.right) / 2, otherExtent: b.right - b.left, direction: 1)
    fill(
      &rows, centres: centres, centre: (a.top + a.bottom) / 2, extent: a.top - a.bottom,
      otherCentre: (b.top + b.bottom) / 2, otherExtent: b.top - b.bottom, direction: -1)
  }

  /// - Parameter position: in pixels of the other image; 0 is the first pixel's centre.
  static func sample(at position: Float, side: Int) -> AxisSample {
    // Far outside everything is zero: bounded before it becomes an integer.
    let bounded = min(max(position, -2), Float(side) + 1)
    let lower = bounded.rounded(.down)
    let nearest = Int32(bounded.rounded(.toNearestOrEven))
    var sample = AxisSample(
      lower: Int32(lower), upperShare: bounded - lower,
      nearest: nearest >= 0 && nearest < Int32(side) ? nearest : -1)
    if sample.lower < -1 { sample = AxisSample(lower: -1, upperShare: 0, nearest: -1) }
    if sample.lower >= Int32(side) {
      sample = AxisSample(lower: Int32(side) - 1, upperShare: 1, nearest: -1)
    }
    return sample
  }
}
