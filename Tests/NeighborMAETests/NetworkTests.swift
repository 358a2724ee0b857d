// The network as a whole: threads, reuse, what is announced, and the edges of masking.

import Basics
import MaskedAutoencoding
import NeighborMAE
import Tensors
import TestSupport
import Testing

@Suite("The network")
struct NetworkTests {
  private static let trial = ObjectiveTrial<NeighborMAENetwork> { network in
    movedParameters(network.layout)
  } network: { batch, capacity, pool in
    NeighborMAENetwork(
      configuration: batch.configuration, capacity: capacity ?? batch.count, pool: pool)
  }

  @Test("1, 2, 3 and 5 threads give the same bits")
  func threads() throws {
    // Large enough for products of several blocks and attention of several tiles.
    var configuration = ModelConfiguration.small(imageSide: 64)
    configuration.width = 96
    configuration.decoderWidth = 64
    let batch = try randomBatch(
      configuration, [overlapping, nested, overlapping, nested, nested],
      bounds: MaskRatioBounds(minimum: 0.3, maximum: 0.6))
    Self.trial.expectSameBits(batch, [(2, nil), (3, nil), (5, nil)])
  }

  @Test("Room for more pairs than are used changes nothing")
  func spareCapacity() throws {
    let batch = try randomBatch(.small(), [overlapping, nested])
    Self.trial.expectSameBits(batch, [(2, 7)])
  }

  @Test("A step leaves nothing behind that the next one sees")
  func reuse() throws {
    let configuration = ModelConfiguration.small()
    let first = try randomBatch(
      configuration, [overlapping, nested], seed: 1,
      bounds: MaskRatioBounds(minimum: 0.8, maximum: 0.8))
    let second = try randomBatch(
      configuration, [nested], seed: 2, bounds: MaskRatioBounds(minimum: 0.2, maximum: 0.2))
    let unhidden = try randomBatch(
      configuration, [nested, overlapping], seed: 3,
      bounds: MaskRatioBounds(minimum: 0, maximum: 0))
    Self.trial.expectNothingLeft(by: [first, second, unhidden])
  }

  @Test("What is announced as final stays as it is, and the places lead down to 0")
  func finalPlaces() throws {
    Self.trial.expectFinalPlaces(
      try randomBatch(.small(), [overlapping, nested]), atLeast: 2 * (2 + 2))
  }

  @Test("The gradient is that of scale times the weighted sum")
  func scale() throws {
    let batch = try randomBatch(.small(), [overlapping])
    let one = Self.trial.run(batch, threads: 1).gradient
    let half = Self.trial.run(batch, threads: 1, scale: 0.5).gradient
    for i in 0..<one.count { #expect(half.pointer[i] == one.pointer[i] * 0.5) }
  }

  @Test("The sums of a batch are those of its pairs")
  func sumsOfPairs() throws {
    let configuration = ModelConfiguration.small()
    let both = try randomBatch(configuration, [overlapping, nested])
    let sums = Self.trial.run(both, threads: 1).sums
    #expect(sums.pairs == 2)
    // 13 and 12 of 16 patches are hidden in both images of a pair.
    #expect(sums.hidden == 2 * (13 + 12) * 64)
    #expect(abs(sums.measures[1] - (1.0 / 3 + 0.25)) < 1e-6)
    #expect(abs(sums.measures[2] - (1.5 + 0.1 * (1.0 / 3 + 0.25))) < 1e-6)
    #expect(sums.weighted > 0 && sums.weighted <= sums.plain)
  }

  @Test("A model that hides nothing has a loss of zero and no gradient")
  func nothingHidden() throws {
    let batch = try randomBatch(
      .small(), [overlapping], bounds: MaskRatioBounds(minimum: 0, maximum: 0))
    let result = Self.trial.run(batch, threads: 1)
    #expect(result.sums.hidden == 0 && result.sums.loss == 0 && result.sums.weighted == 0)
    #expect(result.gradient.values.allSatisfy { $0 == 0 })
  }

  @Test("A pair that hides nothing leaves the gradient of the pairs beside it alone")
  func nothingHiddenBesideOthers() throws {
    let bounds = MaskRatioBounds(minimum: 0, maximum: 0.6)
    let batch = try randomBatch(.small(), [disjoint, overlapping, disjoint], bounds: bounds)
    // A third of 0.6 of 16 patches are 3.2.
    #expect(batch.visibleCounts == [16, 13, 16])
    let gradient = numbers(Self.trial.run(batch, threads: 2).gradient)
    #expect(gradient.allSatisfy { $0.isFinite })
    var sum = [Double](repeating: 0, count: gradient.count)
    for pair in 0..<batch.count {
      let alone = Self.trial.run(try single(pair, of: batch, bounds: bounds), threads: 2)
      sum = zip(sum, numbers(alone.gradient)).map(+)
    }
    // The tokens of one pair add to a sum, 33 at most, in another order. Each addition is rounded
    // by up to 2⁻²⁴ of the sum so far, which is about as large as the tensor's largest: 33 · 2⁻²⁴.
    let bound = 2e-6
    for tensor in batch.configuration.parameterLayout.tensors {
      let largest = tensor.range.map { abs(sum[$0]) }.max()!
      #expect(largest > 0, "\(tensor.name)")
      let errors = tensor.range.map { abs(gradient[$0] - sum[$0]) }
      let worst = errors.indices.max { errors[$0] < errors[$1] }!
      #expect(
        errors.allSatisfy { $0 <= bound * largest },
        "\(tensor.name) worst at \(worst): off by \(errors[worst]) of \(largest)")
    }
  }

  @Test("A model that shows nothing still predicts")
  func nothingVisible() throws {
    let batch = try randomBatch(
      .small(), [overlapping], bounds: MaskRatioBounds(minimum: 0.99, maximum: 0.99))
    #expect(batch.visibleCounts == [0])
    let result = Self.trial.run(batch, threads: 2)
    #expect(result.sums.hidden == 2 * 32 * 32)
    #expect(result.gradient.values.allSatisfy { $0.isFinite })
  }

  @Test("Predicted pixels undo the standardisation of their patch by the estimate")
  func predictedPixels() throws {
    for normalizes in [true, false] {
      let configuration = ModelConfiguration.small(channels: 2, normalizesPatches: normalizes)
      let batch = try randomBatch(configuration, [overlapping])
      let pool = ThreadPool(threadCount: 1)
      let network = NeighborMAENetwork(configuration: configuration, capacity: 1, pool: pool)
      _ = network.forward(parameters: movedParameters(configuration), batch: batch)
      let estimate = PatchEstimate(of: batch, pair: 0, image: 1)
      let pixels = network.predictedPixels(pair: 0, image: 1, given: estimate)
      // Patch 6 is row 1, column 2 of the grid; its value at (3, 4) of channel 1.
      let raw = Double(network.prediction(pair: 0, image: 1)[6 * 128 + (3 * 8 + 4) * 2 + 1])
      let expected =
        normalizes ? raw * Double(estimate.deviation[6]) + Double(estimate.mean[6]) : raw
      #expect(abs(Double(pixels[1024 + (8 + 3) * 32 + 16 + 4]) - expected) < 1e-6)
    }
  }
}
