// What can be known of hidden patches: derived by hand.

import Basics
import MaskedAutoencoding
import NeighborMAE
import Tensors
import TestSupport
import Testing

@Suite("The estimate of hidden patches")
struct PatchEstimateTests {
  /// A pair of one-channel images of 4 × 4 patches; visible ones have one value each, hidden ones
  /// `hidden`.
  private func batch(
    _ footprints: (first: Footprint, second: Footprint), visible: [[Int: Float]],
    hidden: Float = 1000
  ) throws -> PairBatch {
    let configuration = ModelConfiguration.small(channels: 1)
    let batch = PairBatch(configuration: configuration, capacity: 1)
    batch.validity.pointer.update(repeating: 1, count: batch.validity.count)
    var order: [Int32] = []
    for image in 0..<2 {
      let start = batch.pixelRange(pair: 0, image: image).lowerBound
      for pixel in 0..<1024 {
        let patch = pixel / 32 / 8 * 4 + pixel % 32 / 8
        batch.pixels.pointer[start + pixel] = visible[image][patch] ?? hidden
      }
      let shown = visible[image].keys.sorted()
      order += (shown + (0..<16).filter { !shown.contains($0) }).map(Int32.init)
    }
    let ratio = 1 - Float(visible[0].count) / 16
    try batch.prepare(
      footprints: [footprints], order: order,
      bounds: MaskRatioBounds(minimum: ratio, maximum: ratio))
    #expect(batch.visibleCounts == [visible[0].count])
    return batch
  }

  private func isNear(_ value: Float, _ expected: Double) -> Bool {
    abs(Double(value) - expected) < 1e-5
  }

  @Test("A hidden patch has the mean of the visible ones, weighted by distance⁻⁴")
  func distances() throws {
    let batch = try batch(disjoint, visible: [[0: 1, 3: 4], [0: 50, 1: 60]])
    let estimate = PatchEstimate(of: batch, pair: 0, image: 0)
    #expect(estimate.mean[0] == 1 && estimate.mean[3] == 4)
    // Patch 1 is 1 from the first and 2 from the second: weights 1 and 1/16.
    #expect(isNear(estimate.mean[1], (1 + 4.0 / 16) / (1 + 1.0 / 16)))
    // Patch 5, below it: squared distances 2 and 5.
    #expect(isNear(estimate.mean[5], (1.0 / 4 + 4.0 / 25) / (1.0 / 4 + 1.0 / 25)))
    // Patches of one value have no deviation but the root of 10⁻⁶.
    #expect(isNear(estimate.deviation[1], 1e-3))
  }

  @Test("What the other image shows of a place counts by its share of the patch")
  func shown() throws {
    // The second image has half the first one's extent: four of its patches lie in one of the
    // first's, and its patch 0 in the upper left quarter of patch 5.
    let batch = try batch(nested, visible: [[0: 2], [0: 7]])
    let estimate = PatchEstimate(of: batch, pair: 0, image: 0)
    #expect(isNear(estimate.mean[5], 0.25 * 7 + 0.75 * 2))
    #expect(estimate.mean[6] == 2)
    // A place shown in full: columns 2 and 3 of the first image are columns 0 and 1 of the second.
    let side = try self.batch(overlapping, visible: [[0: 2], [0: 7]])
    #expect(isNear(PatchEstimate(of: side, pair: 0, image: 0).mean[2], 7))
  }

  @Test(
    "Of pixels without data nothing is taken; where there are no others, mean 0 and deviation 1")
  func noData() throws {
    let batch = try batch(disjoint, visible: [[0: 2, 15: 9], [0: 7, 1: 7]])
    for pixel in 0..<1024 where pixel / 32 < 8 && pixel % 32 < 8 {
      batch.validity.pointer[pixel] = 0
    }
    try batch.prepare(
      footprints: batch.footprints, order: batch.order,
      bounds: .init(minimum: 0.875, maximum: 0.875))
    #expect(isNear(PatchEstimate(of: batch, pair: 0, image: 0).mean[1], 9))
    batch.validity.pointer.update(repeating: 0, count: 1024)
    try batch.prepare(
      footprints: batch.footprints, order: batch.order,
      bounds: .init(minimum: 0.875, maximum: 0.875))
    let estimate = PatchEstimate(of: batch, pair: 0, image: 0)
    #expect(estimate.mean.allSatisfy { $0 == 0 } && estimate.deviation.allSatisfy { $0 == 1 })
  }

  @Test("Nothing hidden reaches what is drawn of a prediction", arguments: [true, false])
  func secrecy(normalizes: Bool) throws {
    let configuration = ModelConfiguration.small(normalizesPatches: normalizes)
    let parameters = movedParameters(configuration)
    /// Drawn pixels of both images, after hidden pixels were changed.
    func drawn(_ change: (Float) -> Float) throws -> [[Float]] {
      let batch = try randomBatch(configuration, [nested])
      let area = configuration.pixelsPerImage
      for image in 0..<2 {
        let start = batch.pixelRange(pair: 0, image: image).lowerBound
        for value in 0..<configuration.valuesPerImage {
          let (row, column) = (value % area / 32, value % 32)
          if batch.visiblePatches[image * 16..<image * 16 + 16][row / 8 * 4 + column / 8] != 0 {
            continue
          }
          batch.pixels.pointer[start + value] = change(batch.pixels.pointer[start + value])
        }
      }
      let pool = ThreadPool(threadCount: 1)
      defer { pool.stop() }
      let network = NeighborMAENetwork(configuration: configuration, capacity: 1, pool: pool)
      _ = network.forward(parameters: parameters, batch: batch)
      return (0..<2).flatMap { image in
        let estimate = PatchEstimate(of: batch, pair: 0, image: image)
        return [
          network.predictedPixels(pair: 0, image: image, given: estimate),
          estimate.flatPixels(of: configuration),
        ]
      }
    }
    #expect(try drawn { $0 }.map(bits) == drawn { $0 * 3 + 100 }.map(bits))
  }
}
