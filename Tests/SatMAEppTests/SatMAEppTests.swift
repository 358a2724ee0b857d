// SatMAE++ beside the golden cases: tensors and where they start, scales, threads, pixels without
// data and what an evaluation says.

import Basics
import MAE
import MaskedAutoencoding
import Objectives
import SatMAEpp
import Tensors
import TestSupport
import Testing

@Suite("SatMAE++") struct SatMAEppTests {
  /// 3 × 3 patches of 4 × 4 pixels at the base scale.
  private static func small(upsamplings: Int = 1, channels: Int = 2) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      imageSide: 12, patchSide: 4, channels: channels, width: 16, depth: 1, heads: 2,
      decoderWidth: 16, decoderDepth: 1, decoderHeads: 2)
    configuration.upsamplings = upsamplings
    return configuration
  }

  /// Random pixels, all measured, with random permutations.
  private static func batch(
    _ count: Int, _ configuration: ModelConfiguration = small(), seed: UInt64 = 1,
    change: (MultiScaleBatch) -> Void = { _ in }
  ) throws -> MultiScaleBatch {
    let batch = MultiScaleBatch(configuration: configuration, capacity: count)
    var random = CounterRandom(seed: seed, purpose: .simulation)
    let grid = batch.largestGrid
    for image in 0..<count {
      for place in 0..<grid.valueCount {
        batch.largestPixels(image: image)[place] = Float(random.normal())
      }
      batch.largestValidity(image: image).update(repeating: 1, count: grid.pixelCount)
    }
    change(batch)
    let order = (0..<count).flatMap { _ in random.permutation(of: configuration.patchesPerImage) }
    try batch.prepare(count: count, order: order, maskRatio: 0.75)
    return batch
  }

  private static let trial = ObjectiveTrial<SatMAEppNetwork> { network in
    network.layout.initialParameters(seed: 5)
  } network: { batch, capacity, pool in
    SatMAEppNetwork(
      configuration: batch.configuration, capacity: capacity ?? batch.count, pool: pool)
  }

  /// Windows of fewer floats than a row of the smallest image has: every band has one row.
  private static let trialOfRows = ObjectiveTrial<SatMAEppNetwork> { network in
    network.layout.initialParameters(seed: 5)
  } network: { batch, capacity, pool in
    SatMAEppNetwork(
      configuration: batch.configuration, capacity: capacity ?? batch.count, pool: pool,
      windowFloats: 1 << 9)
  }

  @Test("Its tensors are NeighborMAE's and MAE's, and then the convolutions'")
  func tensors() throws {
    let plain = Self.small(upsamplings: 0, channels: 3).parameterLayout
    for upsamplings in [1, 2] {
      let layout = Self.small(upsamplings: upsamplings, channels: 3).parameterLayout
      #expect(Array(layout.tensors.prefix(plain.tensors.count)) == plain.tensors)
      let added = layout.tensors.dropFirst(plain.tensors.count)
      #expect(added.count == 4 + 12 * upsamplings)
      #expect(added.first?.name == "proj_up_conv.weight")
      #expect(added.first?.shape == [12, 3, 1, 1])
      let last = upsamplings == 1 ? "up_block" : "up_block2"
      #expect(layout.tensor("\(last).up_conv.weight")?.shape == [12, 12, 4, 4])
      #expect(layout.tensor("\(last).res_block.conv2.weight")?.shape == [12, 12, 3, 3])
      #expect(layout.tensor("\(last).proj_out.weight")?.shape == [3, 12, 3, 3])
      // What both have starts alike.
      let (start, plainStart) = (
        layout.initialParameters(seed: 3), plain.initialParameters(seed: 3)
      )
      #expect(Array(start[0..<plain.count]) == Array(plainStart.values))
    }
  }

  @Test("Convolutions start within their bounds, and fill them")
  func starts() {
    let layout = Self.small(channels: 3).parameterLayout
    let parameters = layout.initialParameters(seed: 1)
    func largest(_ name: String) -> Double {
      parameters[layout.required(name).range].map { abs(Double($0)) }.max() ?? 0
    }
    // The square of each bound is a fraction.
    let squares: [(name: String, numerator: Double, denominator: Double)] = [
      ("proj_up_conv.weight", 1, 3), ("proj_up_conv.bias", 1, 3),
      ("up_block.up_conv.weight", 1, 192), ("up_block.up_conv.bias", 1, 192),
      ("up_block.res_block.conv1.weight", 6, 9 * 24), ("up_block.proj_out.weight", 6, 9 * 15),
    ]
    for (name, numerator, denominator) in squares {
      let bound = (numerator / denominator).squareRoot()
      let found = largest(name)
      #expect(found <= bound * (1 + 1e-6) && found > 0.7 * bound, "\(name)")
    }
    #expect(largest("up_block.res_block.conv1.bias") == 0)
    #expect(parameters[layout.required("up_block.up_norm.weight").range].allSatisfy { $0 == 1 })
  }

  @Test("A smaller scale is the mean of 2 × 2 pixels, of those that were measured")
  func halving() throws {
    let batch = try Self.batch(1, Self.small(upsamplings: 2)) { batch in
      let side = batch.largestGrid.imageSide
      // Of the first four one is missing, of the next three; the missing hold what they hold.
      for pixel in [0, 2, 3, side + 2] { batch.largestValidity(image: 0)[pixel] = 0 }
      for (pixel, value) in [0: Float(1000), 1: 1, side: 2, side + 1: 6] {
        batch.largestPixels(image: 0)[pixel] = value
      }
    }
    let (middle, base) = (batch.image(0, scale: 0), batch.base.images[0])
    #expect(middle.pixels[0] == 3 && middle.validity[0] == 1)
    #expect(middle.pixels[1] == 0 && middle.validity[1] == 0)
    let four = [0, 1, 24, 25].map { middle.pixels[$0] }
    #expect(base.validity[0] == 1)
    #expect(abs(base.pixels[0] - four.reduce(0, +) / 3) < 1e-6)
    let whole = [4, 5, 28, 29].map { Double(middle.pixels[$0]) }.reduce(0, +) / 4
    #expect(abs(Double(base.pixels[2]) - whole) < 1e-6)
  }

  @Test("1, 2, 3 and 5 threads give the same bits, and so does room for more images")
  func threads() throws {
    for upsamplings in [1, 2] {
      let batch = try Self.batch(3, Self.small(upsamplings: upsamplings))
      Self.trial.expectSameBits(batch, [(2, 3), (3, 5), (5, 3)])
    }
  }

  @Test("Sums over many bands of an image are those over one, but for their rounding")
  func bands() throws {
    for upsamplings in [1, 2] {
      let batch = try Self.batch(3, Self.small(upsamplings: upsamplings))
      let whole = Self.trial.run(batch, threads: 1)
      let cut = Self.trialOfRows.run(batch, threads: 2)
      #expect(abs(cut.sums.weighted / whole.sums.weighted - 1) < 1e-6)
      #expect(bits(cut.gradient) != bits(whole.gradient))
      for tensor in batch.configuration.parameterLayout.tensors {
        let values = zip(cut.gradient[tensor.range], whole.gradient[tensor.range])
        let norm = values.reduce(0) { $0 + Double($1.1) * Double($1.1) }.squareRoot()
        let difference = values.reduce(0) { sum, pair in
          sum + (Double(pair.0) - Double(pair.1)) * (Double(pair.0) - Double(pair.1))
        }.squareRoot()
        // Some thousand values in single precision, in another order.
        #expect(difference <= 1e-5 * norm, "\(tensor.name): \(difference) of \(norm)")
      }
    }
  }

  @Test("A step leaves nothing behind that the next one sees")
  func reuse() throws {
    Self.trial.expectNothingLeft(by: [
      try Self.batch(3), try Self.batch(1, seed: 2), try Self.batch(2, seed: 3),
    ])
  }

  @Test("What is announced as final stays as it is, and the places lead down to 0")
  func finalPlaces() throws {
    Self.trial.expectFinalPlaces(try Self.batch(2, Self.small(upsamplings: 2)))
  }

  @Test("What a pixel without data held changes nothing, and it adds to no sum")
  func nodata() throws {
    func result(_ value: Float) throws -> StepOutcome {
      Self.trial.run(
        try Self.batch(2) { batch in
          for pixel in 100..<140 {
            batch.largestValidity(image: 0)[pixel] = 0
            for channel in 0..<2 {
              batch.largestPixels(image: 0)[channel * 576 + pixel] = value
            }
          }
        }, threads: 1)
    }
    let zero = try result(0)
    #expect(zero.gradient.values.allSatisfy { $0.isFinite })
    for value in [Float(1e30), .nan] {
      #expect(try result(value) == zero)
    }
    let empty = Self.trial.run(
      try Self.batch(1) { batch in
        batch.largestValidity(image: 0).update(repeating: 0, count: 576)
      }, threads: 1)
    #expect(empty.sums.hidden == 0 && empty.sums.weighted == 0)
    #expect(empty.gradient.values.allSatisfy { $0 == 0 })
  }

  @Test("The loss is 0.6 of MAE's and 0.4 of the larger scales' mean error")
  func shares() throws {
    for upsamplings in [1, 2] {
      let batch = try Self.batch(3, Self.small(upsamplings: upsamplings))
      let pool = ThreadPool(threadCount: 2)
      defer { pool.stop() }
      let network = SatMAEppNetwork(
        configuration: batch.configuration, capacity: 3, pool: pool)
      let parameters = network.layout.initialParameters(seed: 5)
      let sums = network.forward(parameters: parameters, batch: batch)
      let means = sums.means(of: network.measures.training).map(\.value)
      #expect(abs(sums.loss - (0.6 * means[0] + 0.4 * means[1])) < 1e-9)
      let losses = (0..<3).map { network.loss(ofImage: $0) }
      #expect(abs(losses.reduce(0, +) / 3 - sums.loss) < 1e-9)
      let evaluated = network.evaluate(parameters: parameters, batch: batch)
      #expect(evaluated.weighted == sums.weighted)
      let measured = evaluated.means(of: network.measures.evaluation)
      #expect(
        measured.map(\.measure.name)
          == ["plainLoss", "largerError", "patchMeanWeighted", "patchMeanPlain"])
      // Σ (x − mean)² = (n − 1) · variance of n = 32 values.
      #expect(abs(measured[3].value - 31.0 / 32) < 1e-3)
      // Of standard normal numbers the mean distance from 0 is √(2/π) at the largest scale.
      if upsamplings == 1 {
        let larger = (measured[2].value - 0.6 * measured[3].value) / 0.4
        #expect(abs(larger - (2 / Double.pi).squareRoot()) < 0.03, "\(larger)")
      }
    }
  }
}
