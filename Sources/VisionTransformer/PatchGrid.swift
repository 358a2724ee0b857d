// How a square image is cut into square patches: which pixel lies in which patch, and where a
// patch's values are. Not here: where a patch lies in the world (`PositionEmbedding`).

/// The patches of an image, numbered row by row. Pixels are stored (C, H, W), the values of a patch
/// (row, column, channel).
public struct PatchGrid: Hashable, Sendable {
  /// Pixels along one side of an image.
  public let imageSide: Int
  /// Pixels along one side of a patch.
  public let patchSide: Int
  /// Bands of an image.
  public let channels: Int
  /// Patches along one side of an image.
  public let side: Int

  /// - Precondition: all are positive, and `patchSide` divides `imageSide`.
  public init(imageSide: Int, patchSide: Int, channels: Int) {
    self.imageSide = imageSide
    self.patchSide = patchSide
    self.channels = channels
    side = imageSide / patchSide
  }

  /// L: patches of one image.
  public var patchCount: Int { side * side }
  /// P: values of one patch.
  public var patchValues: Int { patchSide * patchSide * channels }
  /// H · W: pixels of one image.
  public var pixelCount: Int { imageSide * imageSide }
  /// C · H · W: values of one image.
  public var valueCount: Int { channels * pixelCount }

  /// Row and column of a patch in the grid.
  @inlinable
  public func place(of patch: Int) -> (row: Int, column: Int) {
    let (row, column) = patch.quotientAndRemainder(dividingBy: side)
    return (row, column)
  }

  /// The first patch of those that a row of pixels runs through.
  @inlinable
  public func firstPatch(ofPixelRow row: Int) -> Int { row / patchSide * side }

  /// The column of patches that a column of pixels lies in.
  @inlinable
  public func patchColumn(ofPixelColumn column: Int) -> Int { column / patchSide }

  /// The patch that a pixel lies in.
  @inlinable
  public func patch(ofPixelRow row: Int, column: Int) -> Int {
    firstPatch(ofPixelRow: row) + patchColumn(ofPixelColumn: column)
  }

  /// The patch that a pixel lies in, given its place in (H, W).
  @inlinable
  public func patch(ofPixel pixel: Int) -> Int {
    patch(ofPixelRow: pixel / imageSide, column: pixel % imageSide)
  }

  /// The pixels along a row of an image that a column of patches has.
  @inlinable
  public func pixelColumns(ofPatchColumn column: Int) -> Range<Int> {
    column * patchSide..<(column + 1) * patchSide
  }

  /// The place of a patch's first pixel in (H, W).
  @inlinable
  public func firstPixel(of patch: Int) -> Int {
    let (row, column) = place(of: patch)
    return (row * imageSide + column) * patchSide
  }

  /// Calls `body(patch, row, pixel)` for each run of `patchSide` pixels that one patch has in one
  /// row of the image; `row` counts within the patch, `pixel` is the place of the run's first pixel
  /// in (H, W).
  @inlinable @inline(__always)
  public func forEachPatchRow(_ body: (_ patch: Int, _ row: Int, _ pixel: Int) -> Void) {
    for patch in 0..<patchCount {
      let start = firstPixel(of: patch)
      for row in 0..<patchSide { body(patch, row, start + row * imageSide) }
    }
  }

  /// The values of one patch of an image, (C, H, W), into (P).
  @inlinable
  public func copyPatch(
    _ patch: Int, of pixels: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>
  ) {
    let start = firstPixel(of: patch)
    for row in 0..<patchSide {
      let out = values + row * patchSide * channels
      for channel in 0..<channels {
        let source = pixels + channel * pixelCount + start + row * imageSide
        for column in 0..<patchSide { out[column * channels + channel] = source[column] }
      }
    }
  }

  /// (C, H, W) from a value for each patch and place in it.
  public func unpatchify(_ value: (_ patch: Int, _ place: Int) -> Float) -> [Float] {
    var pixels = [Float](repeating: 0, count: valueCount)
    forEachPatchRow { patch, row, pixel in
      for column in 0..<patchSide {
        let place = (row * patchSide + column) * channels
        for channel in 0..<channels {
          pixels[channel * pixelCount + pixel + column] = value(patch, place + channel)
        }
      }
    }
    return pixels
  }
}
