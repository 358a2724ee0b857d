// The proof that the network is its definition's: how far its answers are from those of a golden
// case.

import Basics
import Configuration
import MAE
import MaskedAutoencoding
import NeighborMAE
import Objectives
import SatMAEpp
import Tensors

/// How far our answers are from the oracle's.
package struct ParityReport: Sendable {
  package struct Row: Hashable, Sendable {
    package let name: String
    /// ‖ours − oracle's‖ / ‖oracle's‖; the plain norm of ours where the oracle's is zero.
    package let relativeError: Double
  }
  package let rows: [Row]

  /// The row with the largest error; one that is not a number counts as the largest.
  package var worst: Row? {
    rows.max { a, b in
      (a.relativeError.isNaN ? .infinity : a.relativeError)
        < (b.relativeError.isNaN ? .infinity : b.relativeError)
    }
  }

  package func isWithin(_ bound: Double) -> Bool { rows.allSatisfy { $0.relativeError <= bound } }
}

package enum Parity {
  /// Computes a golden case with our network and compares everything that it has an answer to.
  ///
  /// - Parameters:
  ///   - golden: with the arithmetic to compute in, whatever its answers were computed in.
  /// - Throws: `GoldenCaseError`, `ModelConfigurationError`, `PairBatchError` or `ImageBatchError`
  ///   for what is not a case.
  package static func run(_ golden: GoldenCase, pool: ThreadPool) throws -> ParityReport {
    try golden.configuration.validate()
    try checkCounts(golden)
    let layout = golden.configuration.parameterLayout
    let tensors = CaseTensors(
      parameters: try gather("parameter", golden.parameters, layout),
      gradient: try gather("gradient", golden.gradients, layout))
    switch golden.objective {
    case .neighborMAE: return try comparePairs(golden, tensors, pool)
    case .mae: return try compareImages(golden, tensors, pool)
    case .satMAEpp: return try compareScales(golden, tensors, pool)
    }
  }

  /// In the layout of the case's configuration.
  private struct CaseTensors {
    let parameters: FloatBuffer
    /// As expected.
    let gradient: FloatBuffer
  }

  /// Boxes, visible counts, both losses, prediction, weights and every gradient.
  private static func comparePairs(
    _ golden: GoldenCase, _ tensors: CaseTensors, _ pool: ThreadPool
  ) throws -> ParityReport {
    let batch = PairBatch(configuration: golden.configuration, capacity: golden.samples)
    golden.fill(batch.images)
    try batch.prepare(footprints: golden.footprints, order: golden.order, bounds: golden.bounds)
    let network = NeighborMAENetwork(
      configuration: golden.configuration, capacity: golden.samples, pool: pool)
    let (sums, gradients) = compute(tensors, by: network, on: batch)
    let images = (0..<golden.samples).flatMap { pair in
      (0..<ModelConfiguration.imagesPerPair).map { (pair: pair, image: $0) }
    }
    return ParityReport(
      rows: [
        row(
          "box", batch.boxes.flatMap { [$0.left, $0.top, $0.right, $0.bottom] },
          golden.expectedBoxes),
        row(
          "visible", batch.visibleCounts.map { Float($0) },
          golden.expectedVisible.map { Float($0) }),
        row("loss", [Float(sums.loss)], [golden.expectedLoss]),
        row("plain_loss", plainLoss(sums, network), [golden.expectedPlainLoss]),
        row(
          "prediction", images.flatMap { network.prediction(pair: $0.pair, image: $0.image) },
          golden.expectedPrediction),
        row(
          "weight", images.flatMap { network.pixelWeights(pair: $0.pair, image: $0.image) },
          golden.expectedWeight),
      ] + gradients)
  }

  /// Visible counts, loss, prediction and every gradient.
  private static func compareImages(
    _ golden: GoldenCase, _ tensors: CaseTensors, _ pool: ThreadPool
  ) throws -> ParityReport {
    let batch = ImageBatch(configuration: golden.configuration, capacity: golden.samples)
    golden.fill(batch.images)
    try batch.prepare(
      count: golden.samples, order: golden.order, maskRatio: golden.bounds.minimum)
    let network = MAENetwork(
      configuration: golden.configuration, capacity: golden.samples, pool: pool)
    let (sums, gradients) = compute(tensors, by: network, on: batch)
    return ParityReport(
      rows: [
        row(
          "visible", batch.images.visibleCounts.map { Float($0) },
          golden.expectedVisible.map { Float($0) }),
        row("loss", [Float(sums.loss)], [golden.expectedLoss]),
        row("plain_loss", plainLoss(sums, network), [golden.expectedPlainLoss]),
        row(
          "prediction", (0..<golden.samples).flatMap { network.prediction(image: $0) },
          golden.expectedPrediction),
      ] + gradients)
  }

  /// Visible counts, both losses, predictions at every scale and every gradient.
  private static func compareScales(
    _ golden: GoldenCase, _ tensors: CaseTensors, _ pool: ThreadPool
  ) throws -> ParityReport {
    let batch = MultiScaleBatch(configuration: golden.configuration, capacity: golden.samples)
    let grid = batch.largestGrid
    for image in 0..<golden.samples {
      let pixels = golden.images[image * grid.valueCount..<(image + 1) * grid.valueCount]
      for (place, value) in pixels.enumerated() {
        batch.largestPixels(image: image)[place] = value
      }
      batch.largestValidity(image: image).update(repeating: 1, count: grid.pixelCount)
    }
    try batch.prepare(
      count: golden.samples, order: golden.order, maskRatio: golden.bounds.minimum)
    let network = SatMAEppNetwork(
      configuration: golden.configuration, capacity: golden.samples, pool: pool)
    let (sums, gradients) = compute(tensors, by: network, on: batch)
    let larger = golden.expectedLarger.enumerated().map { scale, expected in
      row(
        "prediction_\(2 << scale)x",
        (0..<golden.samples).flatMap { network.made(image: $0, scale: scale) }, expected)
    }
    return ParityReport(
      rows: [
        row(
          "visible", batch.base.images.visibleCounts.map { Float($0) },
          golden.expectedVisible.map { Float($0) }),
        row("loss", [Float(sums.loss)], [golden.expectedLoss]),
        row("plain_loss", plainLoss(sums, network), [golden.expectedPlainLoss]),
        row(
          "prediction", (0..<golden.samples).flatMap { network.prediction(image: $0) },
          golden.expectedPrediction),
      ] + larger + gradients)
  }

  /// The loss with equal weights, as an objective measures it; its own where they are equal anyway.
  private static func plainLoss(
    _ sums: LossSums, _ objective: some PretrainingObjective
  ) -> [Float] {
    [Float(sums.mean(of: "plainLoss", in: objective.measures.training) ?? sums.loss)]
  }

  /// Forward and backward, and how far every gradient is from its answer.
  private static func compute<Objective: PretrainingObjective>(
    _ tensors: CaseTensors, by objective: Objective, on batch: Objective.Batch
  ) -> (LossSums, gradients: [ParityReport.Row]) {
    let gradient = FloatBuffer(count: objective.layout.count)
    let sums = objective.forward(parameters: tensors.parameters, batch: batch)
    objective.backward(
      parameters: tensors.parameters, batch: batch, gradient: gradient,
      scale: sums.hidden > 0 ? 1 / Float(sums.hidden) : 0, onFinal: { _ in })
    let rows = objective.layout.tensors.map { tensor in
      row("gradient.\(tensor.name)", gradient[tensor.range], tensors.gradient[tensor.range])
    }
    return (sums, rows)
  }

  private static func checkCounts(_ golden: GoldenCase) throws(GoldenCaseError) {
    let configuration = golden.configuration
    let samples = golden.samples
    let images = samples * golden.objective.imagesPerSample
    let pairs = golden.objective.imagesPerSample > 1 ? samples : 0
    if golden.objective == .satMAEpp && configuration.upsamplings < 1 { throw .noLargerScale }
    for (tensor, expected, found) in [
      (pairs > 0 ? "input.footprint" : "expected.visible", max(1, samples), samples),
      (
        "input.image", (images * configuration.valuesPerImage) << (2 * configuration.upsamplings),
        golden.images.count
      ),
      ("input.order", images * configuration.patchesPerImage, golden.order.count),
      ("expected.box", 2 * pairs * 4, golden.expectedBoxes.count),
      ("expected.visible", samples, golden.expectedVisible.count),
      (
        "expected.prediction", images * configuration.valuesPerImage,
        golden.expectedPrediction.count
      ),
      ("expected.weight", 2 * pairs * configuration.pixelsPerImage, golden.expectedWeight.count),
    ] where expected != found {
      throw .wrongCount(tensor: tensor, expected: expected, found: found)
    }
    for (scale, larger) in golden.expectedLarger.enumerated() {
      let expected = (images * configuration.valuesPerImage) << (2 * (scale + 1))
      if larger.count != expected {
        throw .wrongCount(
          tensor: "expected.prediction_\(2 << scale)x", expected: expected, found: larger.count)
      }
    }
  }

  private static func gather(
    _ prefix: String, _ values: [String: [Float]], _ layout: ParameterLayout
  ) throws(GoldenCaseError) -> FloatBuffer {
    // All counts first: a configuration alone must not make us allocate.
    for tensor in layout.tensors {
      let name = "\(prefix).\(tensor.name)"
      guard let found = values[tensor.name] else { throw .missing(tensor: name) }
      guard found.count == tensor.count else {
        throw .wrongCount(tensor: name, expected: tensor.count, found: found.count)
      }
    }
    let buffer = FloatBuffer(count: layout.count)
    for tensor in layout.tensors {
      _ = buffer[tensor.range].update(fromContentsOf: values[tensor.name] ?? [])
    }
    return buffer
  }

  private static func row(
    _ name: String, _ ours: some Collection<Float>, _ oracles: some Collection<Float>
  ) -> ParityReport.Row {
    var difference = 0.0
    var norm = 0.0
    for (a, b) in zip(ours, oracles) {
      difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
      norm += Double(b) * Double(b)
    }
    let relative = norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
    return ParityReport.Row(name: name, relativeError: relative)
  }
}

extension GoldenCase {
  /// Its pixels, all of them measured.
  fileprivate func fill(_ masked: MaskedImages) {
    _ = masked.pixels.values.update(fromContentsOf: images)
    masked.validity.pointer.update(repeating: 1, count: masked.validity.count)
  }
}
