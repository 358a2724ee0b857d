// A picture of what a model makes of held-out pairs.

import Basics
import Checkpoints
import Coordination
import Foundation
import Imagery
import NeighborMAE
import Pictures
import Sampling
import Tensors
import TrainingRun

package struct Reconstruction {
  private let run: PreparedRun
  private let checkpoint: Checkpoint
  private let parameters: FloatBuffer
  private let loader: MicrobatchLoader
  private let draws: [MicrobatchDraw]
  private let network: NeighborMAENetwork
  private let baselines: Baselines
  private let bands: DisplayBands

  /// Rows of a sheet at most.
  package static let pairLimit = 32

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
    guard let plan = plans.evaluation else {
      throw RunError(
        description: "\(run.dataset.folder) has no held-out chips to reconstruct; make it again by "
          + "terrane-ingest with --holdout 0.1")
    }
    draws = plans.evaluationDraws(bounds: run.configuration.maskRatio.bounds)
    let dataset = run.dataset
    loader = MicrobatchLoader(dataset: dataset, plans: plans, model: run.model) {
      try dataset.openShard($0)
    }
    let pool = ThreadPool(threadCount: threads)
    network = NeighborMAENetwork(
      configuration: run.model, capacity: plan.pairsPerMicrobatch, pool: pool)
    baselines = Baselines(configuration: run.model, pool: pool)
  }

  /// Draws some of the held-out pairs, one row each: evenly spaced from those that overlap most to
  /// those that only touch, whatever their losses.
  package func draw(pairs count: Int, to path: String) throws {
    var all: [ReconstructedPair] = []
    var (sums, patchMean, copied) = (LossSums(), LossSums(), LossSums())
    for draw in draws {
      try loader.load(draw)
      sums += network.forward(parameters: parameters, batch: loader.batch)
      let naive = baselines.measure(loader.batch)
      patchMean += naive.patchMean
      copied += naive.copiedNeighbour
      all += (0..<loader.batch.count).map {
        ReconstructedPair($0, of: loader.batch, reconstructedBy: network)
      }
    }
    let rows = Self.spread(all, count: count)
    let stretch = StretchToDisplay(
      images: rows.flatMap { $0.images.map { ($0.pixels, $0.valid) } }, bands: bands.channels)
    let sheet = ReconstructionSheet(
      headline: "What NeighborMAE makes of places it never saw",
      subtitle: HumanFormat.listed(run.dataset.description.scenes.map(\.name), "scene", first: 3),
      bands: bands.label, note: Self.note(on: run.model),
      pairs: rows.enumerated().map { $1.panels(title: "pair \($0 + 1)", stretch, run.model) },
      step: checkpoint.step,
      losses: [
        .init("weighted loss", sums.loss), .init("of patch means", patchMean.loss),
        .init("of copying the neighbour", copied.loss),
      ], errors: all.reduce(into: HiddenErrors()) { $0 += $1.errors }.forDrawing)
    try sheet.write(to: path)
  }

  /// Where baseline and prediction come from.
  private static func note(on model: ModelConfiguration) -> String {
    let source =
      "estimated from what the model was given: from the other image where it shows the place, else from the "
      + "nearest visible patches of the same image."
    let errors =
      "Errors are root mean squares over hidden pixels, in standard deviations of a band."
    return model.normalizesPatches
      ? "The model predicts the pattern within a patch, but not its mean and deviation. For hidden patches these are "
        + "\(source) Baseline: the mean alone. Prediction: the model's pattern times the deviation, plus "
        + "the mean. \(errors)"
      : "Baseline: the mean of each hidden patch, \(source) Prediction: pixels as the model predicts them. "
        + errors
  }

  /// Rows at even distances in the order of overlap, the largest first; ties stay in the order of
  /// the pairs.
  private static func spread(_ rows: [ReconstructedPair], count: Int) -> [ReconstructedPair] {
    let order = rows.indices.sorted {
      (rows[$1].overlap, $0) < (rows[$0].overlap, $1)
    }
    let shown = min(count, rows.count)
    return (0..<shown).map { rows[order[shown > 1 ? $0 * (rows.count - 1) / (shown - 1) : 0]] }
  }
}
