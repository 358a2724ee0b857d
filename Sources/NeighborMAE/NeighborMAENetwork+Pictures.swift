// Copies of what the last forward left behind, for those who want to look. Not for a training step.

import Basics
import MaskedAutoencoding
import Tensors
import VisionTransformer

extension NeighborMAENetwork {
  /// (L, P): the prediction for one image in target space, patch by patch, values ordered (row,
  /// column, channel).
  public func prediction(pair: Int, image: Int) -> [Float] {
    slice(predictions, pair, image, configuration.valuesPerImage)
  }

  /// (H, W): the loss weights of one image's pixels; zero where visible or not measured.
  public func pixelWeights(pair: Int, image: Int) -> [Float] {
    slice(weights, pair, image, configuration.pixelsPerImage)
  }

  /// (H, W): 1 where the other image's visible patches show the place of the pixel.
  public func seenInNeighbour(pair: Int, image: Int) -> [UInt8] {
    let start = index(pair, image) * configuration.pixelsPerImage
    return Array(seen[start..<start + configuration.pixelsPerImage])
  }

  /// (C, H, W): the prediction for one image as normalised pixels. Where targets are standardised,
  /// that is undone with the estimated mean and deviation of each patch, for a prediction says
  /// nothing about those.
  public func predictedPixels(pair: Int, image: Int, given estimate: PatchEstimate) -> [Float] {
    estimate.pixels(of: prediction(pair: pair, image: image), configuration)
  }

  /// What one pair of the last forward came to, weighted, per hidden pixel.
  public func loss(ofPair pair: Int) -> Double {
    let sums = [pixelSums[index(pair, 0)], pixelSums[index(pair, 1)]]
    let hidden = sums.reduce(0) { $0 + $1.hidden }
    return hidden > 0 ? sums.reduce(0) { $0 + $1.weighted } / Double(hidden) : 0
  }

  private func index(_ pair: Int, _ image: Int) -> Int {
    precondition(pair >= 0 && pair < pairs && (image == 0 || image == 1))
    return pair * ModelConfiguration.imagesPerPair + image
  }

  private func slice(
    _ buffer: FloatBuffer, _ pair: Int, _ image: Int, _ extent: Int
  ) -> [Float] {
    let start = index(pair, image) * extent
    return Array(buffer[start..<start + extent])
  }
}
