// What makes features of images: an encoder, or anything else that gives each patch a vector. A
// plain value around a function, so that baselines see exactly the images that an encoder sees.

import Basics
import Encoders
import Imagery
import Kernels
import VisionTransformer

/// A function of images with a vector for each of their patches.
package struct FeatureSource {
  /// How its images are cut into patches.
  package let patches: PatchGrid
  /// D: values of a vector.
  package let dimensions: Int
  /// Images that it takes at once, at most.
  package let capacity: Int
  /// Rows of its result for each image; the last L of them are the patches, row by row.
  package let rowsPerImage: Int
  /// From (count, C, H, W), normalised by band and 0 where nothing is to be seen, to
  /// (count · rowsPerImage, D), valid until the next call. One call at a time.
  package let compute: (_ images: UnsafePointer<Float>, _ count: Int) -> MatrixView

  /// Takes any function.
  package init(
    patches: PatchGrid, dimensions: Int, capacity: Int, rowsPerImage: Int? = nil,
    compute: @escaping (_ images: UnsafePointer<Float>, _ count: Int) -> MatrixView
  ) {
    self.patches = patches
    self.dimensions = dimensions
    self.capacity = capacity
    self.rowsPerImage = rowsPerImage ?? patches.patchCount
    self.compute = compute
  }

  /// Tokens that an encoder takes at once, about.
  private static let tokensAtOnce = 4096

  /// The tokens after the encoder's last norm; the class token is the first row of each image.
  package static func tokens(of trained: TrainedEncoder, pool: ThreadPool) -> FeatureSource {
    let shape = trained.model.encoderShape
    let capacity = max(1, min(64, tokensAtOnce / shape.tokens))
    let encoder = trained.encoder(capacity: capacity, pool: pool)
    let parameters = trained.parameters
    return FeatureSource(
      patches: shape.grid, dimensions: shape.width, capacity: capacity, rowsPerImage: shape.tokens
    ) { images, count in encoder.encode(images, count: count, parameters: parameters) }
  }

  /// The patch of a row of an image's result; negative for the class token's.
  package func patch(ofRow row: Int) -> Int { row - (rowsPerImage - patches.patchCount) }

  /// The row of a patch of one image among all of a result.
  package func row(ofPatch patch: Int, image: Int) -> Int {
    (image + 1) * rowsPerImage - patches.patchCount + patch
  }
}
