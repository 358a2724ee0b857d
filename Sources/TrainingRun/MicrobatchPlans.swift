// The plans of a run's microbatches, as they follow from its configuration and its dataset.

import Basics
import Configuration
import Coordination
import Imagery
import MaskedAutoencoding
import Sampling
import Wire

/// The two plans of a run, which coordinator and workers derive alike.
package struct MicrobatchPlans: Sendable {
  package let training: MicrobatchPlan
  /// The microbatches of every evaluation are those of its step 0. Nil when nothing is held out.
  package let evaluation: MicrobatchPlan?
  package let neighbourDraw: NeighbourDraw
  package let normalization: Normalization
  let flips: ImageFlips

  /// - Throws: `RunError` when the dataset has no training chip, `DatasetError` when it lacks the
  ///   statistics that the run needs.
  package init(_ configuration: RunConfiguration, _ dataset: DatasetDescription) throws {
    let training = configuration.training
    let data = configuration.data
    neighbourDraw = NeighbourDraw(
      data.neighbourChoice, dates: data.neighbourDates, maxDays: data.maxDays)
    flips = data.flips
    normalization = try Normalization(dataset.bands, by: data.normalization)
    let chips = dataset.trainingShards.map(\.chips)
    guard chips.contains(where: { $0 > 0 }) else {
      throw RunError(description: "the dataset has no training chips; run terrane-ingest again")
    }
    self.training = MicrobatchPlan(
      seed: configuration.run.seed, chipsPerShard: chips,
      pairsPerMicrobatch: training.pairsPerMicrobatch,
      microbatchesPerStep: training.microbatchesPerStep)
    let heldOut = dataset.holdoutShards.map(\.chips)
    let pairs = configuration.evaluation.pairs
    if heldOut.contains(where: { $0 > 0 }) && pairs > 0 {
      evaluation = MicrobatchPlan(
        seed: configuration.run.seed, firstShard: dataset.holdoutShard(0), chipsPerShard: heldOut,
        pairsPerMicrobatch: training.pairsPerMicrobatch,
        microbatchesPerStep: (pairs + training.pairsPerMicrobatch - 1)
          / training.pairsPerMicrobatch)
    } else {
      evaluation = nil
    }
  }

  /// What a worker loads for a lease.
  /// - Throws: `RunError` when the lease is of another run.
  package func draw(for lease: Lease) throws -> MicrobatchDraw {
    let isTraining = lease.kind == .train
    guard let plan = isTraining ? training : evaluation,
      Int(lease.microbatch) < plan.microbatchesPerStep
    else {
      throw RunError(
        description: "the lease names microbatch \(lease.microbatch), which this run does not have")
    }
    guard plan.hasChips(lease.shard) else {
      throw RunError(description: "the lease names shard \(lease.shard), which has no chips")
    }
    let microbatch = plan.microbatch(
      Int(lease.microbatch), of: isTraining ? lease.step : Step(0), from: lease.shard)
    return MicrobatchDraw(
      shard: lease.shard, anchors: microbatch.anchors,
      step: isTraining ? lease.step : MicrobatchDraw.evaluationStep, microbatch: lease.microbatch,
      bounds: lease.bounds)
  }

  /// The microbatches of an evaluation; none when nothing is held out.
  package func evaluationDraws(bounds: MaskRatioBounds) -> [MicrobatchDraw] {
    guard let evaluation else { return [] }
    return (0..<evaluation.microbatchesPerStep).map { number in
      let microbatch = evaluation.microbatch(number, of: Step(0))
      return MicrobatchDraw(
        shard: microbatch.shard, anchors: microbatch.anchors, step: MicrobatchDraw.evaluationStep,
        microbatch: UInt32(number), bounds: bounds)
    }
  }
}

extension ChipSource {
  /// The chips of a run; `openShard` is that of `ChipSource`.
  package init(
    dataset: Dataset, plans: MicrobatchPlans, openShard: @escaping (ShardID) throws -> ShardFile
  ) {
    self.init(
      layout: dataset.layout, normalization: plans.normalization, seed: plans.training.seed,
      flips: plans.flips, openShard: openShard)
  }
}

extension MicrobatchPlans {
  /// A loader of a run's pairs.
  package func pairLoader(_ source: ChipSource, for model: ModelConfiguration) -> PairLoader {
    PairLoader(
      source, neighbourDraw: neighbourDraw, model: model, capacity: training.pairsPerMicrobatch)
  }

  /// A loader of a run's single images.
  package func imageLoader(_ source: ChipSource, for model: ModelConfiguration) -> ImageLoader {
    ImageLoader(source, model: model, capacity: training.pairsPerMicrobatch)
  }

  /// A loader of a run's single images at several scales.
  package func multiScaleLoader(
    _ source: ChipSource, for model: ModelConfiguration
  ) -> MultiScaleLoader {
    MultiScaleLoader(source, model: model, capacity: training.pairsPerMicrobatch)
  }
}
