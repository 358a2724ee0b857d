// The proof that the network is its definition's: how far its answers are from those of a golden
// case.

import Basics
import NeighborMAE
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
  /// Computes a golden case with our network and compares everything: boxes, visible counts, both
  /// losses, prediction, weights and every gradient.
  ///
  /// - Throws: `GoldenCaseError`, `ModelConfigurationError` or `PairBatchError` for what is not a
  ///   case.
  package static func run(_ golden: GoldenCase, pool: ThreadPool) throws -> ParityReport {
    let configuration = golden.configuration
    try configuration.validate()
    try checkCounts(golden)
    let layout = configuration.parameterLayout
    let parameters = try gather("parameter", golden.parameters, layout)
    let expectedGradient = try gather("gradient", golden.gradients, layout)
    let count = golden.footprints.count
    let batch = PairBatch(configuration: configuration, capacity: count)
    _ = batch.pixels.values.update(fromContentsOf: golden.images)
    batch.validity.pointer.update(repeating: 1, count: batch.validity.count)
    try batch.prepare(footprints: golden.footprints, order: golden.order, bounds: golden.bounds)

    let network = NeighborMAENetwork(configuration: configuration, capacity: count, pool: pool)
    let gradient = FloatBuffer(count: layout.count)
    let sums = network.forward(parameters: parameters, batch: batch)
    network.backward(
      parameters: parameters, batch: batch, gradient: gradient,
      scale: sums.hidden > 0 ? 1 / Float(sums.hidden) : 0)
    let images = (0..<count).flatMap { pair in
      (0..<ModelConfiguration.imagesPerPair).map { (pair: pair, image: $0) }
    }

    var rows = [
      row(
        "box", batch.boxes.flatMap { [$0.left, $0.top, $0.right, $0.bottom] }, golden.expectedBoxes),
      row(
        "visible", batch.visibleCounts.map { Float($0) }, golden.expectedVisible.map { Float($0) }),
      row("loss", [Float(sums.loss)], [golden.expectedLoss]),
      row("plain_loss", [Float(sums.plainLoss)], [golden.expectedPlainLoss]),
      row(
        "prediction", images.flatMap { network.prediction(pair: $0.pair, image: $0.image) },
        golden.expectedPrediction),
      row(
        "weight", images.flatMap { network.pixelWeights(pair: $0.pair, image: $0.image) },
        golden.expectedWeight),
    ]
    rows += layout.tensors.map { tensor in
      row("gradient.\(tensor.name)", gradient[tensor.range], expectedGradient[tensor.range])
    }
    return ParityReport(rows: rows)
  }

  private static func checkCounts(_ golden: GoldenCase) throws(GoldenCaseError) {
    let configuration = golden.configuration
    let images = golden.footprints.count * ModelConfiguration.imagesPerPair
    for (tensor, expected, found) in [
      ("input.footprint", max(1, golden.footprints.count), golden.footprints.count),
      ("input.image", images * configuration.valuesPerImage, golden.images.count),
      ("input.order", images * configuration.patchesPerImage, golden.order.count),
      ("expected.box", images * 4, golden.expectedBoxes.count),
      ("expected.visible", golden.footprints.count, golden.expectedVisible.count),
      (
        "expected.prediction", images * configuration.valuesPerImage,
        golden.expectedPrediction.count
      ),
      ("expected.weight", images * configuration.pixelsPerImage, golden.expectedWeight.count),
    ] where expected != found {
      throw .wrongCount(tensor: tensor, expected: expected, found: found)
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
