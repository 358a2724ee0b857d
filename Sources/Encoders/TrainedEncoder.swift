// What a run learned, ready to be used: parameters, bands and normalisation. Not here: how it goes
// to a file, and which images it sees.

import Basics
import Checkpoints
import Configuration
import Imagery
import MaskedAutoencoding
import Observability
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
  /// Whether the parameters are the running average of those of many steps.
  package let isAverage: Bool
  /// Of the whole model, decoder too, in the layout of `model`.
  package let parameters: FloatBuffer
  /// How much ground images showed in the training.
  package let ground: TrainingGround
  /// How a value becomes a number for the model.
  package let normalization: Normalization
  /// What who uses the encoder should know of its checkpoint, in sentences.
  package let remarks: [String]

  /// The bands in the order of the model's channels.
  package var bands: [BandDescription] { run.dataset.description.bands }

  /// Which parameters these are, for example "step 450".
  package var place: String { isAverage ? "average at step \(step)" : "step \(step)" }

  /// How the parameters of a step were made, for files.
  package var parameterWords: String { isAverage ? "running average" : "of the step" }

  /// Loads a checkpoint of a run; also of one that is still training.
  /// - Parameters:
  ///   - data: the datasets' folders; none for those that the run was started with.
  ///   - imageSide: in pixels; nil for the one of the training. Positions for another side follow
  ///     from their definition.
  /// - Throws: `RunError` where there is no such checkpoint, the side does not fit the patches, or
  ///   no scene of the dataset has a chip.
  package init(
    of folder: RunFolder, data: [String] = [], from choice: CheckpointChoice = .newest,
    imageSide: Int? = nil
  ) throws {
    run = try PreparedRun(reading: folder, data: data)
    var model = run.model
    if let imageSide { model.imageSide = imageSide }
    do {
      try model.validate()
    } catch {
      throw RunError(description: "the encoder cannot see images of that side: \(error)")
    }
    self.model = model
    isAverage = choice == .average
    if isAverage && run.configuration.optimizer.average == 0 {
      throw RunError(
        description: "\(folder.path) keeps no average of its parameters; a new run does with "
          + "--set optimizer.average=0.999")
    }
    ground = try TrainingGround(of: run)
    // No tensor's shape depends on the image side.
    parameters = FloatBuffer(count: model.parameterLayout.count)
    (step, remarks) = try Self.load(choice, of: run, model.parameterLayout, into: parameters)
    normalization = try Normalization(
      run.dataset.description.bands, by: run.configuration.data.normalization)
  }

  /// How often a checkpoint is looked for: a run that goes on removes older ones, and may remove
  /// the one that was just found.
  private static let tries = 3

  /// - Returns: the step of the checkpoint, and what is to be said of it.
  private static func load(
    _ choice: CheckpointChoice, of run: PreparedRun, _ layout: ParameterLayout,
    into parameters: FloatBuffer
  ) throws -> (Step, [String]) {
    var attempt = 1
    while true {
      do {
        var remarks: [String] = []
        let checkpoint = try choice.checkpoint(of: run.folder) { remarks.append($0) }
        let store = CheckpointStore(reading: run.folder.checkpoints)
        let identity = try store.runState(of: checkpoint).runIdentity
        guard identity == run.identity else {
          throw RunError(
            description: "\(checkpoint.path) belongs to run \(identity), and "
              + "\(run.folder.path) is run \(run.identity): put back the checkpoints, the "
              + "configuration and the dataset that belong together")
        }
        let file: CheckpointFile = choice == .average ? .average : .parameters
        try SafetensorsFile(checkpoint.path(of: file)).load(layout, into: parameters)
        return (checkpoint.step, remarks)
      } catch let error as FileError where error.isMissing && attempt < tries {
        attempt += 1
      }
    }
  }

  /// An encoder with these parameters, for up to so many images at a time.
  package func encoder(capacity: Int, pool: ThreadPool) -> ImageEncoder {
    ImageEncoder(
      shape: model.encoderShape, parameters: parameters, layout: model.parameterLayout,
      capacity: capacity, pool: pool)
  }
}

extension ModelConfiguration {
  /// The extents of the encoder.
  package var encoderShape: EncoderShape {
    EncoderShape(
      grid: patchGrid, width: width, depth: depth, heads: heads, hiddenWidth: hiddenWidth)
  }
}
