// A picture of what a model makes of held-out pairs or images.

import Basics
import Checkpoints
import Configuration
import Coordination
import Foundation
import Imagery
import MAE
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Observability
import Pictures
import Sampling
import SatMAEpp
import Tensors
import TrainingRun

package struct Reconstruction {
  private let run: PreparedRun
  private let checkpoint: Checkpoint
  private let parameters: FloatBuffer
  private let draws: [MicrobatchDraw]
  /// Evaluates the model on a microbatch.
  private let evaluate: (MicrobatchDraw) throws -> (sums: LossSums, samples: [ReconstructedSample])
  private let bands: DisplayBands

  /// Rows of a sheet at most.
  package static let rowLimit = 32

  /// What is wrong with a name for the picture, before anything is computed; nil when it will do.
  package static func objection(toPicture path: String) -> String? {
    do throws(PictureError) {
      try PictureFile.check(path)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Loads the newest valid checkpoint of a run.
  /// - Parameters:
  ///   - data: the datasets' folders; none for those that the run was started with.
  ///   - bands: which to show, as `--bands` takes them; nil for those that look natural.
  package init(of folder: RunFolder, data: [String], bands: String?, threads: Int) throws {
    run = try PreparedRun(reading: folder, data: data)
    let described = run.dataset.description.bands
    self.bands =
      try bands.map { try DisplayBands($0, of: described) } ?? DisplayBands(of: described)
    let store = CheckpointStore(reading: folder.checkpoints)
    guard let checkpoint = try store.newestValid().checkpoint else {
      throw RunError(description: "\(folder.path) has no valid checkpoint to draw from yet")
    }
    self.checkpoint = checkpoint
    let layout = run.model.parameterLayout
    parameters = FloatBuffer(count: layout.count)
    try SafetensorsFile(checkpoint.path(of: .parameters)).load(layout, into: parameters)
    let plans = try MicrobatchPlans(run.configuration, run.dataset.description)
    guard plans.evaluation != nil else {
      throw RunError(
        description: "\(run.dataset.folder) has no held-out chips to reconstruct; make it again by "
          + "terrane-ingest with --holdout 0.1")
    }
    draws = plans.evaluationDraws(bounds: run.configuration.maskRatio.bounds)
    let dataset = run.dataset
    let source = ChipSource(dataset: dataset, plans: plans) { try dataset.openShard($0) }
    let (parameters, pool) = (parameters, ThreadPool(threadCount: threads))
    switch run.configuration.model.objective {
    case .neighborMAE:
      let loader = plans.pairLoader(source, for: run.model)
      let network = NeighborMAENetwork(
        configuration: run.model, capacity: loader.capacity,
        lossWeights: run.configuration.model.lossWeights, pool: pool)
      evaluate = Self.evaluation(of: network, parameters, loader) {
        ReconstructedSample($0, of: $1, reconstructedBy: network)
      }
    case .mae:
      let loader = plans.imageLoader(source, for: run.model)
      let network = MAENetwork(configuration: run.model, capacity: loader.capacity, pool: pool)
      evaluate = Self.evaluation(of: network, parameters, loader) {
        ReconstructedSample($0, of: $1, reconstructedBy: network)
      }
    case .satMAEpp:
      let loader = plans.multiScaleLoader(source, for: run.model)
      let network = SatMAEppNetwork(
        configuration: run.model, capacity: loader.capacity, pool: pool)
      evaluate = Self.evaluation(of: network, parameters, loader) {
        ReconstructedSample($0, of: $1, reconstructedBy: network)
      }
    }
  }

  /// - Parameter reconstructed: a sample of what the network saw last.
  private static func evaluation<Objective: PretrainingObjective>(
    of network: Objective, _ parameters: FloatBuffer,
    _ loader: some MicrobatchLoader<Objective.Batch>,
    reconstructed: @escaping (Int, Objective.Batch) -> ReconstructedSample
  ) -> (MicrobatchDraw) throws -> (sums: LossSums, samples: [ReconstructedSample]) {
    { draw in
      try loader.load(draw)
      let sums = network.evaluate(parameters: parameters, batch: loader.batch)
      return (sums, draw.anchors.indices.map { reconstructed($0, loader.batch) })
    }
  }

  /// Draws some of the held-out samples, one row each: pairs evenly spaced from those that overlap
  /// most to those that only touch, images as they were drawn, whatever their losses.
  package func draw(rows count: Int, to path: String) throws {
    let objective = run.configuration.model.objective
    var all: [ReconstructedSample] = []
    var sums = LossSums()
    for draw in draws {
      let evaluated = try evaluate(draw)
      sums += evaluated.sums
      all += evaluated.samples
    }
    let baselines = sums.means(of: objective.measures.evaluation).compactMap { mean in
      mean.measure.caption.map { ReconstructionSheet.NamedLoss($0, mean.value) }
    }
    let rows = Self.spread(all, count: count)
    let stretch = StretchToDisplay(
      images: rows.flatMap { $0.images.map { ($0.pixels, $0.valid) } }, bands: bands.channels)
    let sheet = ReconstructionSheet(
      headline: "What \(objective.title) makes of places it never saw",
      subtitle: HumanFormat.listed(run.dataset.description.scenes.map(\.name), "scene", first: 3),
      bands: bands.label, note: Self.note(on: run.model, objective),
      samples: rows.enumerated().map {
        $1.panels(title: "\(objective.sampleName) \($0 + 1)", stretch, run.model)
      },
      step: checkpoint.step,
      losses: [.init(objective.lossName, sums.loss)] + baselines,
      errors: all.reduce(into: HiddenErrors()) { $0 += $1.errors }.forDrawing)
    try sheet.write(to: path)
  }

  /// Where baseline and prediction come from.
  private static func note(on model: ModelConfiguration, _ objective: ObjectiveKind) -> String {
    let other =
      objective.imagesPerSample > 1 ? "from the other image where it shows the place, else " : ""
    let source =
      "estimated from what the model was given: \(other)from the nearest visible patches of the "
      + "same image."
    let meaning = "One mean is for all bands of a patch, which is weak where bands differ."
    let errors =
      "Errors are root mean squares over hidden pixels, in standard deviations of a band."
    return model.normalizesPatches
      ? "The model predicts the pattern within a patch, but not its mean and deviation. For hidden patches these are "
        + "\(source) Baseline: the mean alone. \(meaning) Prediction: the model's pattern times the deviation, plus "
        + "the mean. \(errors)"
      : "Baseline: the mean of each hidden patch, \(source) \(meaning) Prediction: pixels as the model predicts them. "
        + errors
  }

  /// Rows at even distances in the order of overlap, the largest first; ties stay in the order of
  /// the samples.
  private static func spread(
    _ rows: [ReconstructedSample], count: Int
  ) -> [ReconstructedSample] {
    let order = rows.indices.sorted {
      (rows[$1].overlap, $0) < (rows[$0].overlap, $1)
    }
    let shown = min(count, rows.count)
    return (0..<shown).map { rows[order[shown > 1 ? $0 * (rows.count - 1) / (shown - 1) : 0]] }
  }
}
