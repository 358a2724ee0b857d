// What a lease has computed: all of a gradient, what is missing of one, or the report alone.

import Basics
import ClusterRuntime
import Configuration
import Coordination
import Imagery
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Sampling
import Tensors
import TestSupport
import Testing
import TrainingRun
import Wire

@Suite("Computing gradients") struct GradientComputerTests {
  private struct Outcome {
    var chunks: [ChunkIndex: [UInt8]] = [:]
    var sums: LossSums?
  }

  /// What comes of one microbatch of a model of two chunks.
  private func outcomes(held: [ChunkSet]) throws -> [Outcome] {
    let dataset = try Dataset(folder: try SampleDataset.folder())
    let configuration = try RunConfiguration(
      yaml: """
        data: {folder: \(SampleDataset.folder())}
        model: {imageSide: 32, patchSide: 8, width: 128, depth: 2, heads: 2, decoderWidth: 16,
          decoderDepth: 1, decoderHeads: 2}
        training: {pairsPerMicrobatch: 2, microbatchesPerStep: 1}
        """, path: "this test")
    let model = try configuration.modelConfiguration(channels: dataset.description.bands.count)
    #expect(model.parameterLayout.grid.chunkCount == 2)
    let plans = try MicrobatchPlans(configuration, dataset.description)
    let chips = ChipSource(dataset: dataset, plans: plans) { try dataset.openShard($0) }
    let loader = plans.pairLoader(chips, for: model)
    let network = NeighborMAENetwork(
      configuration: model, capacity: loader.capacity, pool: ThreadPool(threadCount: 1))
    let computer = GradientComputer(
      objective: network, codec: .bfloat16, seed: 1
    ) { lease in
      try loader.load(plans.draw(for: lease))
      return loader.batch
    }
    let parameters = network.layout.initialParameters(seed: 1)
    return held.map { held in
      var outcome = Outcome()
      let lease = Lease(
        id: LeaseID(1), step: Step(0), kind: .train, microbatch: 0,
        shard: plans.training.shards(of: Step(0))[0], bounds: configuration.maskRatio.bounds,
        held: held)
      computer.work(on: lease, parameters: parameters) { event in
        switch event {
        case .gradientChunk(_, let chunk, let payload): outcome.chunks[chunk] = payload
        case .workDone(_, let report): outcome.sums = report.sums
        default: Issue.record("\(event)")
        }
      }
      return outcome
    }
  }

  @Test("Chunks that are held are left out; the others and the report have the same bits")
  func held() throws {
    let found = try outcomes(held: [
      ChunkSet(), ChunkSet(bytes: [0b01]), ChunkSet(bytes: [0b10]), ChunkSet(bytes: [0b11]),
    ])
    let whole = found[0]
    #expect(whole.chunks.count == 2)
    #expect(whole.sums?.pairs == 2)
    for (outcome, kept) in zip(found, [[0, 1], [1], [0], []]) {
      #expect(outcome.sums == whole.sums)
      #expect(outcome.chunks == whole.chunks.filter { kept.contains($0.key.index) })
    }
  }
}
