// The pixel objective beside the golden cases: pixels without data, and what learns nothing.

import Basics
import MaskedAutoencoding
import NeighborMAE
import Tensors
import Testing

@Suite("Pixels without data, and baselines")
struct ObjectiveTests {
  static func network(
    _ batch: PairBatch, _ lossWeights: LossWeights = .defined
  ) -> (NeighborMAENetwork, LossSums) {
    let pool = ThreadPool(threadCount: 1)
    let network = NeighborMAENetwork(
      configuration: batch.configuration, capacity: batch.count, lossWeights: lossWeights,
      pool: pool)
    let sums = network.forward(parameters: movedParameters(batch.configuration), batch: batch)
    return (network, sums)
  }

  @Test("A pixel without data has no weight, is not counted and shows its neighbour nothing")
  func nodata() throws {
    // The same place twice: pixel (y, x) of one image is pixel (y, x) of the other.
    let same = (first: overlapping.first, second: overlapping.first)
    let bounds = MaskRatioBounds(minimum: 0.5, maximum: 0.5)
    let whole = try randomBatch(.small(), [same], bounds: bounds)
    let hidden = (0..<16).first { whole.visiblePatches.pointer[$0] == 0 }!
    let visible = (0..<16).first { whole.visiblePatches.pointer[$0] == 1 }!
    func place(_ patch: Int) -> Int { (patch / 4 * 8 + 3) * 32 + patch % 4 * 8 + 5 }
    let holed = try randomBatch(.small(), [same], bounds: bounds) { batch in
      batch.validity.pointer[place(hidden)] = 0
      batch.validity.pointer[place(visible)] = 0
    }
    let (wholeNetwork, wholeSums) = Self.network(whole)
    let (network, sums) = Self.network(holed)
    #expect(wholeSums.hidden == 2 * 8 * 64)
    #expect(sums.hidden == wholeSums.hidden - 1)
    #expect(network.pixelWeights(pair: 0, image: 0)[place(hidden)] == 0)
    #expect(wholeNetwork.pixelWeights(pair: 0, image: 0)[place(hidden)] > 0)
    #expect(wholeNetwork.seenInNeighbour(pair: 0, image: 1)[place(visible)] == 1)
    #expect(network.seenInNeighbour(pair: 0, image: 1)[place(visible)] == 0)
  }

  @Test("What a pixel without data held changes nothing")
  func nodataValueIsIgnored() throws {
    func sums(_ value: Float) throws -> LossSums {
      let batch = try randomBatch(.small(), [overlapping]) { batch in
        for pixel in 100..<140 {
          batch.validity.pointer[pixel] = 0
          for channel in 0..<3 { batch.pixels.pointer[channel * 1024 + pixel] = value }
        }
      }
      return Self.network(batch).1
    }
    let zero = try sums(0)
    #expect(try sums(1e30) == zero)
    #expect(try sums(.nan) == zero)
  }

  @Test("An image without any data adds nothing")
  func emptyImage() throws {
    let batch = try randomBatch(.small(), [overlapping]) { batch in
      batch.validity.pointer.update(repeating: 0, count: 1024)
    }
    let (network, sums) = Self.network(batch)
    #expect(sums.hidden == 13 * 64)
    #expect(sums.weighted.isFinite)
    #expect(network.seenInNeighbour(pair: 0, image: 1).allSatisfy { $0 == 0 })
  }

  @Test("Weights are zero where visible and one where the neighbour shows nothing near")
  func weightsApart() throws {
    let apart = (
      first: overlapping.first, second: Footprint(left: 900, top: 200, right: 999, bottom: 0)
    )
    let batch = try randomBatch(.small(), [apart])
    let (network, sums) = Self.network(batch)
    let weights = network.pixelWeights(pair: 0, image: 0)
    for pixel in 0..<1024 {
      let patch = pixel / 32 / 8 * 4 + pixel % 32 / 8
      #expect(weights[pixel] == (batch.visiblePatches.pointer[patch] == 1 ? 0 : 1))
    }
    #expect(sums.weighted == sums.plain)
  }

  @Test("For ablations every hidden pixel weighs 1, or each that the other image shows")
  func weightsOfAblations() throws {
    let batch = try randomBatch(.small(), [overlapping])
    let (one, oneSums) = Self.network(batch, .one)
    let (shown, shownSums) = Self.network(batch, .shown)
    let (_, sums) = Self.network(batch)
    for image in 0..<2 {
      let (all, some) = (
        one.pixelWeights(pair: 0, image: image), shown.pixelWeights(pair: 0, image: image)
      )
      let seen = shown.seenInNeighbour(pair: 0, image: image)
      for pixel in 0..<1024 {
        let patch = image * 16 + pixel / 32 / 8 * 4 + pixel % 32 / 8
        let isHidden = batch.visiblePatches.pointer[patch] == 0
        #expect(all[pixel] == (isHidden ? 1 : 0))
        #expect(some[pixel] == (isHidden && seen[pixel] == 1 ? 1 : 0))
      }
      #expect(some.contains(1) && some != all)
    }
    #expect(oneSums.weighted == sums.plain && shownSums.weighted < sums.plain)
    #expect(oneSums.hidden == sums.hidden && shownSums.hidden == sums.hidden)
  }

  @Test("The patch mean misses by the share n − 1 of n when targets are standardised")
  func patchMeanBaseline() throws {
    // Apart: every weight is 1. Σ (x − mean)² = (n − 1) · variance, n = 192.
    let apart = (
      first: overlapping.first, second: Footprint(left: 900, top: 200, right: 999, bottom: 0)
    )
    let batch = try randomBatch(.small(), [apart, apart])
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let sums = Baselines(configuration: .small(), pool: pool).measure(batch)
    #expect(abs(sums.patchMean.plainLoss - 191.0 / 192) < 1e-4)
    #expect(sums.patchMean.weighted == sums.patchMean.plain)
    // With nothing to copy, copying is predicting the mean.
    #expect(sums.copiedNeighbour == sums.patchMean)
  }

  @Test("Copying an equal neighbour is exact where it is seen, in and out of standardised space")
  func copyBaseline() throws {
    for normalizes in [true, false] {
      let configuration = ModelConfiguration.small(normalizesPatches: normalizes)
      let same = (first: overlapping.first, second: overlapping.first)
      let batch = try randomBatch(
        configuration, [same], bounds: MaskRatioBounds(minimum: 0.5, maximum: 0.5)
      ) { batch in
        let half = batch.pixels.count / 2
        (batch.pixels.pointer + half).update(from: batch.pixels.pointer, count: half)
      }
      let pool = ThreadPool(threadCount: 2)
      defer { pool.stop() }
      let sums = Baselines(configuration: configuration, pool: pool).measure(batch)
      // Hidden here and visible there is copied; hidden in both is left to the mean.
      let both = (0..<16).filter { patch in
        batch.visiblePatches.pointer[patch] == 0 && batch.visiblePatches.pointer[16 + patch] == 0
      }.count
      let once = 8 - both
      #expect(once > 0)
      #expect(sums.copiedNeighbour.hidden == 2 * 8 * 64)
      #expect(sums.copiedNeighbour.plain < sums.patchMean.plain)
      if normalizes {
        let expected = Double(2 * both * 64) * 191 / 192
        #expect(abs(sums.copiedNeighbour.plain - expected) < 1e-3 * expected + 1e-3)
      }
    }
  }

  @Test("An evaluation is the loss of training, with the losses of both baselines beside it")
  func evaluation() throws {
    let batch = try randomBatch(.small(), [overlapping, nested])
    let (network, sums) = Self.network(batch)
    let parameters = movedParameters(batch.configuration)
    let evaluation = network.evaluate(parameters: parameters, batch: batch)
    #expect(evaluation.weighted == sums.weighted && evaluation.hidden == sums.hidden)
    let pool = ThreadPool(threadCount: 1)
    let baselines = Baselines(configuration: batch.configuration, pool: pool).measure(batch)
    let means = evaluation.means(of: network.measures.evaluation)
    #expect(
      means.map(\.value) == [
        sums.plainLoss, baselines.patchMean.loss, baselines.patchMean.plainLoss,
        baselines.copiedNeighbour.loss, baselines.copiedNeighbour.plainLoss,
      ])
    #expect(sums.means(of: network.measures.training).count == 3)
  }
}
