// A picture of what a model makes of held-out pairs.

import Checkpoints
import ClusterRuntime
import Coordination
import Foundation
import Foundations
import Imagery
import NeighborMAE
import Pictures
import Tensors
import Wire

public struct Reconstruction {
  private let run: PreparedRun
  private let checkpoint: Checkpoint
  private let parameters: FloatBuffer
  private let loader: MicrobatchLoader
  private let plan: MicrobatchPlan
  private let network: NeighborMAENetwork
  private let baselines: Baselines

  /// Rows of a sheet at most.
  public static let pairLimit = 32

  /// Loads the newest valid checkpoint of a run.
  public init(of folder: RunFolder, threads: Int) throws {
    run = try PreparedRun(resuming: folder, overrides: [])
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
        description: "the dataset holds no chips out to reconstruct; run terrane-ingest with "
          + "--holdout 0.1")
    }
    self.plan = plan
    let dataset = run.dataset
    loader = MicrobatchLoader(dataset: dataset, plans: plans, model: run.model) {
      try dataset.openShard($0)
    }
    let pool = ThreadPool(threadCount: threads)
    network = NeighborMAENetwork(
      configuration: run.model, capacity: plan.pairsPerMicrobatch, pool: pool)
    baselines = Baselines(configuration: run.model, pool: pool)
  }

  /// Draws some of the held-out pairs, one row each: evenly spaced from those that overlap most to those that
  /// only touch, whatever their losses.
  public func draw(pairs count: Int, to path: String) throws {
    var all: [Row] = []
    var (sums, patchMean, copied) = (LossSums(), LossSums(), LossSums())
    let firstHeldOut = run.dataset.description.trainingShards.count
    for (microbatch, shard) in plan.shards(of: Step(0)).enumerated() {
      try loader.load(
        Lease(
          id: LeaseID(1), step: checkpoint.step, kind: .evaluate, microbatch: UInt32(microbatch),
          shard: ShardID(index: firstHeldOut + shard.index),
          bounds: run.configuration.maskRatio.bounds))
      sums += network.forward(parameters: parameters, batch: loader.batch)
      let naive = baselines.measure(loader.batch)
      patchMean += naive.patchMean
      copied += naive.copiedNeighbour
      all += (0..<loader.batch.count).map(row)
    }
    let rows = Self.spread(all, count: count)
    let stretch = StretchToDisplay(
      images: rows.flatMap { $0.images.map { ($0.pixels, $0.valid) } }, bands: displayBands)
    let sheet = ReconstructionSheet(
      headline: "What NeighborMAE makes of places it never saw",
      subtitle: "\(run.dataset.description.scenes.map(\.name).joined(separator: ", "))",
      pairs: rows.enumerated().map { $1.panels(title: "pair \($0 + 1)", stretch, run.model) },
      step: checkpoint.step,
      losses: [
        .init("weighted loss", sums.loss), .init("of patch means", patchMean.loss),
        .init("of copying the neighbour", copied.loss),
      ])
    try sheet.write(to: path)
  }

  /// Rows at even distances in the order of overlap, the largest first; ties stay in the order of the pairs.
  private static func spread(_ rows: [Row], count: Int) -> [Row] {
    let order = rows.indices.sorted {
      (rows[$1].overlap, $0) < (rows[$0].overlap, $1)
    }
    let shown = min(count, rows.count)
    return (0..<shown).map { rows[order[shown > 1 ? $0 * (rows.count - 1) / (shown - 1) : 0]] }
  }

  /// Three bands for red, green and blue; fewer are shown grey.
  private var displayBands: [Int] { run.model.channels >= 3 ? [0, 1, 2] : [0, 0, 0] }

  private func row(_ pair: Int) -> Row {
    Row(
      images: (0..<2).map { image($0, ofPair: pair) },
      overlap: loader.batch.intersectionsOverUnion[pair], loss: network.loss(ofPair: pair))
  }

  private func image(_ index: Int, ofPair pair: Int) -> Row.Image {
    let batch = loader.batch
    let model = run.model
    let patches = model.patchesPerImage
    let first = (pair * 2 + index) * patches
    let flags = batch.visiblePatches[first..<first + patches]
    let side = model.imageSide
    let visible = (0..<side * side).map { pixel in
      let row = pixel / side / model.patchSide
      return flags[row * model.grid + pixel % side / model.patchSide] != 0
    }
    return Row.Image(
      pixels: Array(batch.pixels[batch.pixelRange(pair: pair, image: index)]),
      valid: batch.validity[batch.validityRange(pair: pair, image: index)].map { $0 != 0 },
      visible: visible, prediction: network.predictedPixels(pair: pair, image: index),
      seen: network.seenInNeighbour(pair: pair, image: index).map { $0 != 0 },
      weight: Array(network.pixelWeights(pair: pair, image: index)),
      footprint: index == 0 ? batch.footprints[pair].first : batch.footprints[pair].second)
  }

  /// One pair's numbers, before they become colours.
  private struct Row {
    struct Image {
      let pixels: [Float]
      let valid: [Bool]
      let visible: [Bool]
      let prediction: [Float]
      let seen: [Bool]
      let weight: [Float]
      let footprint: Footprint
    }
    let images: [Image]
    let overlap: Float
    let loss: Double

    func panels(
      title: String, _ stretch: StretchToDisplay, _ model: ModelConfiguration
    ) -> PairPanels {
      let panels = images.map { image in
        ImagePanels(
          image: stretch.display(image.pixels, pixelCount: model.pixelsPerImage),
          valid: image.valid, visible: image.visible,
          prediction: stretch.display(image.prediction, pixelCount: model.pixelsPerImage),
          crossVisible: image.seen, weight: image.weight, footprint: image.footprint)
      }
      return PairPanels(
        title: title, side: model.imageSide, first: panels[0], second: panels[1], loss: loss)
    }
  }
}
