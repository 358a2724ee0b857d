// How many floating-point operations the products of a step are: what its speed is a share of.

/// Sizes of the products of one step.
package struct StepOperations: Sendable {
  /// A weight of so many inputs and outputs, multiplied with so many rows.
  package struct Linear: Hashable, Sendable { package let rows, inputs, outputs: Int }
  /// Heads of one width that attend over sequences of these lengths.
  package struct Attending: Hashable, Sendable {
    package let sequences: [Int]
    package let heads, headWidth: Int
  }

  package private(set) var linears: [Linear] = []
  package private(set) var attentions: [Attending] = []
  /// Multiply-adds of convolutions, forward.
  private var convolutions = 0.0

  /// Encoder sequences have a token for the class and each visible patch, decoder sequences one for
  /// the class and each patch.
  /// - Parameter visibleCounts: patches visible in each image of each sequence.
  package init(
    _ c: ModelConfiguration, visibleCounts: [Int],
    imagesPerSequence: Int = ModelConfiguration.imagesPerPair
  ) {
    let encoder = visibleCounts.map { 1 + imagesPerSequence * $0 }
    let patches = imagesPerSequence * c.patchesPerImage
    let decoder = visibleCounts.map { _ in 1 + patches }
    let visible = encoder.reduce(0) { $0 + $1 - 1 }
    linears.append(Linear(rows: visible, inputs: c.patchValues, outputs: c.width))
    add(depth: c.depth, width: c.width, hidden: c.hiddenWidth, heads: c.heads, encoder)
    linears.append(
      Linear(rows: encoder.reduce(0, +), inputs: c.width, outputs: c.decoderWidth))
    add(
      depth: c.decoderDepth, width: c.decoderWidth, hidden: c.decoderHiddenWidth,
      heads: c.decoderHeads, decoder)
    linears.append(
      Linear(rows: patches * decoder.count, inputs: c.decoderWidth, outputs: c.patchValues))
    convolutions = Double(visibleCounts.count) * c.convolutionOperations
  }

  private mutating func add(depth: Int, width: Int, hidden: Int, heads: Int, _ sequences: [Int]) {
    let rows = sequences.reduce(0, +)
    for _ in 0..<depth {
      for (inputs, outputs) in [
        (width, 3 * width), (width, width), (width, hidden), (hidden, width),
      ] { linears.append(Linear(rows: rows, inputs: inputs, outputs: outputs)) }
      attentions.append(Attending(sequences: sequences, heads: heads, headWidth: width / heads))
    }
  }

  /// 2 operations a multiply-add; 3 products a linear layer, 6 an attention (forward 2, backward
  /// 4). Those that a step leaves out or does twice are counted once all the same.
  package var operations: Double {
    let linear = linears.reduce(6 * convolutions) {
      $0 + 6 * Double($1.rows) * Double($1.inputs) * Double($1.outputs)
    }
    return attentions.reduce(linear) { sum, attention in
      attention.sequences.reduce(sum) {
        $0 + 12 * Double($1) * Double($1) * Double(attention.heads * attention.headWidth)
      }
    }
  }
}

extension ModelConfiguration {
  /// Multiply-adds of an image's convolutions, forward: 1 × 1 from C to M = 4C at the base scale,
  /// and each stage, on pixels that double a side each time, 4 × 4 transposed, twice 3 × 3 of M to
  /// M, and 3 × 3 from M to C.
  fileprivate var convolutionOperations: Double {
    if upsamplings == 0 { return 0 }
    let (bands, features) = (Double(channels), Double(upsamplingFeatures))
    let stages = (0..<upsamplings).reduce(0.0) { sum, stage in
      let pixels = Double(pixelsPerImage << (2 * stage))
      return sum + pixels * (16 * features * features)
        + 4 * pixels * 9 * features * (2 * features + bands)
    }
    return Double(pixelsPerImage) * bands * features + stages
  }
}
