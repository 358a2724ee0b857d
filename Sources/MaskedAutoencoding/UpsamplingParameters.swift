// The tensors of the convolutions that carry on from a prediction to larger scales, and their
// places. Not here: their arithmetic.

import Tensors
import VisionTransformer

/// The place of a convolution's parameters, by PyTorch's layout: (outputs, inputs, k, k), of a
/// transposed one (inputs, outputs, k, k).
package struct ConvolutionParameters: Sendable {
  /// Where the weight begins.
  package let weight: Int
  /// Where the bias begins.
  package let bias: Int
  /// The first and the second extent of the weight.
  package let first: Int
  package let second: Int
  /// k: pixels along a side of the kernel.
  package let side: Int
  /// Values of the bias.
  package let biasCount: Int

  /// - Precondition: the layout has `prefix.weight` and `prefix.bias`.
  package init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.required("\(prefix).weight")
    let bias = layout.required("\(prefix).bias")
    precondition(weight.shape.count == 4 && weight.role == .matrix, "\(prefix): not a convolution")
    self.weight = weight.range.lowerBound
    self.bias = bias.range.lowerBound
    first = weight.shape[0]
    second = weight.shape[1]
    side = weight.shape[2]
    biasCount = bias.count
  }

  /// What such a layer adds to a layout.
  static func tensors(
    _ prefix: String, _ first: Int, _ second: Int, side: Int, bias: Int
  ) -> [ParameterLayout.Entry] {
    [
      ("\(prefix).weight", [first, second, side, side], .matrix), ("\(prefix).bias", [bias], .bias),
    ]
  }
}

/// The places of one stage, which doubles the side of its image.
package struct UpsamplingStageParameters: Sendable {
  /// Transposed: 4 × 4, from one pixel to two.
  package let up: ConvolutionParameters
  package let upNorm: NormParameters
  package let conv1: ConvolutionParameters
  package let conv2: ConvolutionParameters
  package let norm: NormParameters
  /// From features to bands.
  package let projection: ConvolutionParameters

  init(_ prefix: String, in layout: ParameterLayout) {
    up = ConvolutionParameters("\(prefix).up_conv", in: layout)
    upNorm = NormParameters("\(prefix).up_norm", in: layout)
    conv1 = ConvolutionParameters("\(prefix).res_block.conv1", in: layout)
    conv2 = ConvolutionParameters("\(prefix).res_block.conv2", in: layout)
    norm = NormParameters("\(prefix).res_norm", in: layout)
    projection = ConvolutionParameters("\(prefix).proj_out", in: layout)
  }
}

/// The places of all convolutions of a model that has upsamplings.
package struct UpsamplingParameters: Sendable {
  /// 1 × 1, from bands to features.
  package let projection: ConvolutionParameters
  package let norm: NormParameters
  /// From the smallest scale to the largest.
  package let stages: [UpsamplingStageParameters]

  /// - Precondition: the layout is that of the configuration.
  package init(_ configuration: ModelConfiguration, in layout: ParameterLayout) {
    projection = ConvolutionParameters("proj_up_conv", in: layout)
    norm = NormParameters("proj_up_norm", in: layout)
    stages = configuration.upsamplingPrefixes.map { UpsamplingStageParameters($0, in: layout) }
  }
}

extension ModelConfiguration {
  /// M: features of a pixel between the convolutions.
  package var upsamplingFeatures: Int { 4 * channels }

  /// How an image is cut at a larger scale: the same grid of patches, each of so many times doubled
  /// sides.
  package func patchGrid(doublings: Int) -> PatchGrid {
    PatchGrid(
      imageSide: imageSide << doublings, patchSide: patchSide << doublings, channels: channels)
  }

  /// By SatMAE++'s state dicts.
  var upsamplingPrefixes: [String] {
    upsamplings == 1 ? ["up_block"] : (0..<upsamplings).map { "up_block\($0 + 1)" }
  }

  /// What upsamplings add to the layout, in the order of `parameter_shapes` of the oracle.
  var upsamplingTensors: [ParameterLayout.Entry] {
    if upsamplings == 0 { return [] }
    let features = upsamplingFeatures
    var tensors: [ParameterLayout.Entry] = []
    func convolution(_ name: String, _ first: Int, _ second: Int, side: Int, bias: Int) {
      tensors += ConvolutionParameters.tensors(name, first, second, side: side, bias: bias)
    }
    func norm(_ name: String) { tensors += NormParameters.tensors(name, width: features) }
    convolution("proj_up_conv", features, channels, side: 1, bias: features)
    norm("proj_up_norm")
    for prefix in upsamplingPrefixes {
      convolution("\(prefix).up_conv", features, features, side: 4, bias: features)
      norm("\(prefix).up_norm")
      convolution("\(prefix).res_block.conv1", features, features, side: 3, bias: features)
      convolution("\(prefix).res_block.conv2", features, features, side: 3, bias: features)
      norm("\(prefix).res_norm")
      convolution("\(prefix).proj_out", channels, features, side: 3, bias: channels)
    }
    return tensors
  }

  /// Tensors whose first values are uniform within a bound of their own, as PyTorch has
  /// convolutions when nobody says otherwise: 1 / √(values that an output is summed over), for
  /// weight and bias.
  var uniformBounds: [String: Double] {
    if upsamplings == 0 { return [:] }
    var bounds: [String: Double] = [:]
    func add(_ prefix: String, fan: Int) {
      for part in ["weight", "bias"] { bounds["\(prefix).\(part)"] = 1 / Double(fan).squareRoot() }
    }
    add("proj_up_conv", fan: channels)
    for prefix in upsamplingPrefixes { add("\(prefix).up_conv", fan: 16 * upsamplingFeatures) }
    return bounds
  }
}
