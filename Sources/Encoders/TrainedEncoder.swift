// What a run learned, ready to be used: parameters, bands and normalisation. Not here: how it goes
// to a file, and which images it sees.

import Basics
import Checkpoints
import Configuration
import Imagery
import NeighborMAE
import Tensors
import TrainingRun
import VisionTransformer

/// An encoder of a run with all that is needed to use it.
package struct TrainedEncoder {
  /// Its folder, configuration and dataset.
  package let run: PreparedRun
  /// The model, with the image side that was asked for.
  package let model: ModelConfiguration
  /// The step after which it was saved.
  package let step: Step
  /// Of the whole model, decoder too, in the layout of `model`.
  package let parameters: FloatBuffer
  /// How a value becomes a number for the model.
  package let normalization: Normalization

  /// The bands in the order of the model's channels.
  package var bands: [BandDescription] { run.dataset.description.bands }

  /// Loads a checkpoint of a run; also of one that is still training.
  /// - Parameters:
  ///   - data: the datasets' folders; none for those that the run was started with.
  ///   - imageSide: in pixels; nil for the one of the training. Positions for another side follow
  ///     from their definition.
  /// - Throws: `RunError` where there is no such checkpoint or the side does not fit the patches.
  package init(
    of folder: RunFolder, data: [String] = [], from choice: CheckpointChoice = .newest,
    imageSide: Int? = nil
  ) throws {
    run = try PreparedRun(reading: folder, data: data)
    let checkpoint = try choice.checkpoint(of: folder)
    step = checkpoint.step
    var model = run.model
    if let imageSide { model.imageSide = imageSide }
    do {
      try model.validate()
    } catch {
      throw RunError(description: "the encoder cannot see images of that side: \(error)")
    }
    self.model = model
    // No tensor's shape depends on the image side.
    let layout = model.parameterLayout
    parameters = FloatBuffer(count: layout.count)
    try SafetensorsFile(checkpoint.path(of: .parameters)).load(layout, into: parameters)
    normalization = try Normalization(
      run.dataset.description.bands, by: run.configuration.data.normalization)
  }

  /// An encoder with these parameters, for up to so many images at a time.
  package func encoder(capacity: Int, pool: ThreadPool) -> ImageEncoder {
    ImageEncoder(
      shape: model.encoderShape, parameters: parameters, layout: model.parameterLayout,
      capacity: capacity, pool: pool)
  }

  /// The share of a chip's side that an image shows on average: the root of the mean area share of
  /// a random crop.
  package static let meanCropShare = CropBox.meanAreaShare.squareRoot()

  /// Pixels of a scene along one side of an image, on average in the training.
  package var trainingCropSide: Double {
    Double(run.dataset.description.chipSide) * Self.meanCropShare
  }
}

extension ModelConfiguration {
  /// The extents of the encoder.
  package var encoderShape: EncoderShape {
    EncoderShape(
      grid: patchGrid, width: width, depth: depth, heads: heads, hiddenWidth: hiddenWidth)
  }
}
