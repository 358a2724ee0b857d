// MAE beside the golden cases: threads, reuse, pixels without data, and what an evaluation says.

import Basics
import MAE
import MaskedAutoencoding
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("MAE") struct MAENetworkTests {
  /// 4 × 4 patches of 8 × 8 pixels.
  private static func small(normalizesPatches: Bool = true) -> ModelConfiguration {
    ModelConfiguration(
      imageSide: 32, patchSide: 8, channels: 3, width: 32, depth: 2, heads: 4, decoderWidth: 16,
      decoderDepth: 2, decoderHeads: 2, normalizesPatches: normalizesPatches)
  }

  /// Random pixels, all measured, with random permutations.
  private static func batch(
    _ count: Int, _ configuration: ModelConfiguration = small(), ratio: Float = 0.75,
    seed: UInt64 = 1, change: (MaskedImages) -> Void = { _ in }
  ) throws -> ImageBatch {
    let batch = ImageBatch(configuration: configuration, capacity: count)
    var random = CounterRandom(seed: seed, purpose: .simulation)
    let images = batch.images
    for i in 0..<images.pixels.count { images.pixels.pointer[i] = Float(random.normal()) }
    images.validity.pointer.update(repeating: 1, count: images.validity.count)
    change(images)
    let order = (0..<count).flatMap { _ in random.permutation(of: configuration.patchesPerImage) }
    try batch.prepare(count: count, order: order, maskRatio: ratio)
    return batch
  }

  private static let trial = ObjectiveTrial<MAENetwork> { network in
    movedParameters(network.layout)
  } network: { batch, capacity, pool in
    MAENetwork(configuration: batch.configuration, capacity: capacity ?? batch.count, pool: pool)
  }

  @Test("1, 2, 3 and 5 threads give the same bits, and so does room for more images")
  func threads() throws {
    // Large enough for products of several blocks and attention of several tiles.
    var configuration = Self.small()
    (configuration.imageSide, configuration.width, configuration.decoderWidth) = (64, 96, 64)
    let batch = try Self.batch(7, configuration, ratio: 0.4)
    Self.trial.expectSameBits(batch, [(2, 7), (3, 9), (5, 7)])
  }

  @Test("A step leaves nothing behind that the next one sees")
  func reuse() throws {
    Self.trial.expectNothingLeft(by: [
      try Self.batch(3, ratio: 0.8), try Self.batch(1, ratio: 0.2, seed: 2),
      try Self.batch(2, ratio: 0, seed: 3),
    ])
  }

  @Test("What is announced as final stays as it is, and the places lead down to 0")
  func finalPlaces() throws {
    Self.trial.expectFinalPlaces(try Self.batch(2))
  }

  @Test("The first image embedding has the gradient of the patches' bias, the second none")
  func imageEmbeddings() throws {
    let batch = try Self.batch(2)
    let gradient = Self.trial.run(batch, threads: 1).gradient
    let layout = batch.configuration.parameterLayout
    func values(_ name: String) -> [Float] { Array(gradient[layout.required(name).range]) }
    let (embedding, bias) = (values("img_embed"), values("patch_embed.bias"))
    #expect(Array(embedding.prefix(32)) == bias && bias.contains { $0 != 0 })
    #expect(embedding.suffix(32).allSatisfy { $0 == 0 })
    let decoder = values("decoder_img_embed")
    #expect(decoder.prefix(16).contains { $0 != 0 })
    #expect(decoder.suffix(16).allSatisfy { $0 == 0 })
  }

  @Test("The sums count hidden, measured pixels, and the images as samples")
  func sums() throws {
    let whole = Self.trial.run(try Self.batch(2), threads: 1).sums
    // 12 of 16 patches are hidden in each image.
    #expect(whole.hidden == 2 * 12 * 64 && whole.pairs == 2)
    #expect(whole.means(of: ObjectiveMeasures.mae.training).map(\.value) == [0.75])
    let holed = try Self.batch(2) { images in
      images.validity.pointer.update(repeating: 0, count: 1024)
    }
    #expect(Self.trial.run(holed, threads: 1).sums.hidden == 12 * 64)
  }

  @Test("What a pixel without data held changes nothing")
  func nodata() throws {
    func result(_ value: Float) throws -> StepOutcome {
      Self.trial.run(
        try Self.batch(2) { images in
          for pixel in 100..<140 {
            images.validity.pointer[pixel] = 0
            for channel in 0..<3 { images.pixels.pointer[channel * 1024 + pixel] = value }
          }
        }, threads: 1)
    }
    let zero = try result(0)
    #expect(zero.gradient.values.allSatisfy { $0.isFinite })
    for value in [Float(1e30), .nan] {
      #expect(try result(value) == zero)
    }
  }

  @Test("A batch that hides nothing has no loss and no gradient; one that shows nothing predicts")
  func extremes() throws {
    let unhidden = Self.trial.run(try Self.batch(2, ratio: 0), threads: 2)
    #expect(unhidden.sums.hidden == 0 && unhidden.sums.loss == 0)
    #expect(unhidden.gradient.values.allSatisfy { $0 == 0 })
    let unseen = Self.trial.run(try Self.batch(2, ratio: 0.99), threads: 2)
    #expect(unseen.sums.hidden == 2 * 1024)
    #expect(unseen.gradient.values.allSatisfy { $0.isFinite })
  }

  @Test("The patch mean misses by the share n − 1 of n when targets are standardised")
  func evaluation() throws {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let batch = try Self.batch(3)
    let network = MAENetwork(configuration: Self.small(), capacity: 3, pool: pool)
    let parameters = movedParameters(network.layout)
    let trained = network.forward(parameters: parameters, batch: batch)
    let evaluated = network.evaluate(parameters: parameters, batch: batch)
    #expect(evaluated.weighted == trained.weighted && evaluated.hidden == trained.hidden)
    let means = evaluated.means(of: network.measures.evaluation)
    #expect(means.map(\.measure.name) == ["patchMean"])
    // Σ (x − mean)² = (n − 1) · variance, n = 192.
    #expect(abs(means[0].value - 191.0 / 192) < 1e-4)
    let losses = (0..<3).map { network.loss(ofImage: $0) }
    #expect(abs(losses.reduce(0, +) / 3 - evaluated.loss) < 1e-12)
  }

  @Test("A batch is refused by what is wrong with it")
  func refusals() throws {
    let batch = ImageBatch(configuration: Self.small(), capacity: 2)
    let order = (0..<32).map { Int32($0 % 16) }
    func error(
      _ count: Int, _ order: [Int32], _ ratio: Float = 0.5
    ) -> ImageBatchError? {
      #expect(throws: ImageBatchError.self) {
        try batch.prepare(count: count, order: order, maskRatio: ratio)
      }
    }
    try batch.prepare(count: 2, order: order, maskRatio: 0.5)
    #expect(batch.count == 2 && batch.images.visibleCounts == [8, 8])
    #expect(error(3, order) == .tooManyImages(count: 3, capacity: 2))
    #expect(batch.count == 0)
    #expect(
      error(1, order) == .wrongCount(of: "places in its order", expected: 16, found: 32))
    #expect(error(2, order.dropLast() + [0]) == .noPermutation(image: 1, patches: 16))
    #expect(error(2, order, 1) == .improperRatio(1))
    #expect(error(2, order, .nan) != nil)
  }
}
