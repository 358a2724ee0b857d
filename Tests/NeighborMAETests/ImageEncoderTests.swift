// The encoder on whole images, against the definition's answers (scripts/golden/encoder).

import Basics
import Checkpoints
import Encoders
import Examination
import Foundation
import MaskedAutoencoding
import NeighborMAE
import Tensors
import TestSupport
import Testing
import VisionTransformer

@Suite("The encoder on whole images")
struct ImageEncoderTests {
  /// The encoder of a golden file's model, and what the definition makes of images.
  private struct Given {
    let model: ModelConfiguration
    let parameters: FloatBuffer
    let answers: SafetensorsFile

    init(_ file: GoldenFile) throws {
      let golden = try file.load()
      model = golden.configuration
      let layout = model.parameterLayout
      parameters = FloatBuffer(count: layout.count)
      for tensor in layout.tensors {
        let values = try #require(golden.parameters[tensor.name])
        _ = parameters[tensor.range].update(fromContentsOf: values)
      }
      let url = try #require(
        Bundle.module.url(
          forResource: file.rawValue, withExtension: "safetensors",
          subdirectory: "Golden/encoder"))
      answers = try SafetensorsFile(url.path)
    }

    /// (N · (1 + L), D), computed `capacity` images at a time.
    func tokens(
      of name: String, side: Int, capacity: Int = 2, threads: Int = 2
    ) throws -> [Float] {
      var model = model
      model.imageSide = side
      let images = try answers.values(of: name, as: Float.self)
      let pool = ThreadPool(threadCount: threads)
      defer { pool.stop() }
      let encoder = ImageEncoder(
        shape: model.encoderShape, parameters: parameters, layout: model.parameterLayout,
        capacity: capacity, pool: pool)
      let count = images.count / model.valuesPerImage
      return images.withUnsafeBufferPointer { images in
        stride(from: 0, to: count, by: capacity).flatMap { start in
          let output = encoder.encode(
            images.baseAddress! + start * model.valuesPerImage, count: min(capacity, count - start),
            parameters: parameters)
          return Array(
            UnsafeBufferPointer(start: output.pointer, count: output.rows * output.columns))
        }
      }
    }
  }

  /// Single precision leaves about 10⁻⁷ a value; sums in another order, a few times that.
  private static let bound: Float = 1e-5

  private func expectNear(_ found: [Float], _ expected: [Float]) throws {
    try #require(found.count == expected.count)
    let largest = expected.reduce(0) { max($0, abs($1)) }
    let errors = zip(found, expected).map { abs($0 - $1) / largest }
    let worst = try #require(errors.indices.max { errors[$0] < errors[$1] })
    #expect(errors.allSatisfy { $0 <= Self.bound }, "value \(worst): off by \(errors[worst])")
  }

  @Test("Every token is the definition's", arguments: GoldenFile.allCases)
  func tokens(file: GoldenFile) throws {
    let given = try Given(file)
    try expectNear(
      given.tokens(of: "image", side: given.model.imageSide),
      given.answers.values(of: "tokens", as: Float.self))
  }

  @Test("So is every token of an image of another side", arguments: GoldenFile.allCases)
  func otherSide(file: GoldenFile) throws {
    let given = try Given(file)
    try expectNear(
      given.tokens(of: "large.image", side: 2 * given.model.imageSide),
      given.answers.values(of: "large.tokens", as: Float.self))
  }

  @Test("Any number of images at a time and of threads gives the same bits")
  func batches() throws {
    let given = try Given(.fiveBands)
    let side = given.model.imageSide
    let one = try given.tokens(of: "image", side: side, capacity: 1, threads: 1)
    for (capacity, threads) in [(1, 3), (2, 1), (3, 2), (7, 5)] {
      let other = try given.tokens(of: "image", side: side, capacity: capacity, threads: threads)
      #expect(
        other.map(\.bitPattern) == one.map(\.bitPattern), "\(capacity) images, \(threads) threads")
    }
  }
}
