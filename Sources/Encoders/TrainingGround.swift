// How much ground the images of a training showed, on average.

import Basics
import Imagery
import TrainingRun

/// Lengths of a run's training, in pixels of its scenes and on the ground.
package struct TrainingGround: Sendable {
  /// Of the scenes' pixels.
  package let pixel: GroundSize
  /// Pixels of a scene along one side of an image, on average: the share of a chip's side that a
  /// random crop shows.
  package let cropSide: Double
  /// Metres along a side of the median chip.
  package let chip: Double
  /// Metres from the top of a patch to its bottom, on average, in pixels of the median chip.
  package let patch: Double
  /// Metres along a side of an image likewise.
  package let image: Double

  /// The share of a chip's side that an image shows on average: the root of the mean area share of
  /// a random crop.
  package static let meanCropShare = CropBox.meanAreaShare.squareRoot()

  /// - Throws: `RunError` where no scene of the dataset has a chip.
  package init(of run: PreparedRun) throws {
    let description = run.dataset.description
    guard let pixel = GroundSize(description) else {
      throw RunError(description: "no scene of the dataset of \(run.folder.path) has a chip")
    }
    self.pixel = pixel
    cropSide = Double(description.chipSide) * Self.meanCropShare
    chip = pixel.median * Double(description.chipSide)
    image = pixel.median * cropSide
    patch = image / Double(run.model.patchGrid.side)
  }
}
