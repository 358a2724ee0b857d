// Where a layer's parameters lie in the flat vector of all, looked up by name once. Not here: the
// layers' arithmetic, and which layers a model has.

import Kernels
import Tensors

/// The place of a linear layer: y = x Wᵀ + b; W is (outputs, inputs).
package struct LinearParameters: Sendable {
  /// Where W begins.
  package let weight: Int
  /// Where b begins, (outputs).
  package let bias: Int
  /// Rows of W.
  package let outputs: Int
  /// Columns of W.
  package let inputs: Int

  /// - Precondition: the layout has `prefix.weight` and `prefix.bias`.
  package init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.required("\(prefix).weight")
    let bias = layout.required("\(prefix).bias")
    precondition(weight.role == .matrix && bias.role == .bias, "\(prefix) is not a linear layer")
    self.weight = weight.range.lowerBound
    self.bias = bias.range.lowerBound
    outputs = weight.shape[0]
    inputs = weight.shape[1]
  }

  /// What such a layer adds to a layout.
  package static func tensors(
    _ prefix: String, outputs: Int, inputs: Int
  ) -> [ParameterLayout.Entry] {
    [
      ("\(prefix).weight", [outputs, inputs], .matrix), ("\(prefix).bias", [outputs], .bias),
    ]
  }

  /// W, or its gradient, in a vector of the model's layout.
  package func weights(in vector: FloatBuffer) -> MatrixView {
    MatrixView(vector, offset: weight, rows: outputs, columns: inputs)
  }
}

/// The place of a layer norm; the bias follows the weight, so that both gradients are one run.
package struct NormParameters: Sendable {
  /// Where the weight begins, (width).
  package let weight: Int
  /// Where the bias begins, (width).
  package let bias: Int
  /// Values of weight and of bias.
  package let width: Int

  /// - Precondition: the layout has `prefix.weight` and, right after it, `prefix.bias`.
  package init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.required("\(prefix).weight")
    precondition(weight.role == .norm, "\(prefix) is not a norm")
    self.weight = weight.range.lowerBound
    bias = layout.required("\(prefix).bias").range.lowerBound
    width = weight.count
    precondition(bias == weight.range.upperBound, "\(prefix).bias does not follow its weight")
  }

  /// What such a layer adds to a layout.
  package static func tensors(_ prefix: String, width: Int) -> [ParameterLayout.Entry] {
    [("\(prefix).weight", [width], .norm), ("\(prefix).bias", [width], .bias)]
  }
}

/// The place of a pre-norm transformer block (Vaswani et al. 2017; Dosovitskiy et al. 2021), by
/// timm's names.
package struct BlockParameters: Sendable {
  /// Before attention.
  package let norm1: NormParameters
  /// To queries, keys and values.
  package let qkv: LinearParameters
  /// From what was attended to back to the stream.
  package let projection: LinearParameters
  /// Before the MLP.
  package let norm2: NormParameters
  /// Into the hidden units of the MLP.
  package let expansion: LinearParameters
  /// Out of the hidden units of the MLP.
  package let contraction: LinearParameters

  /// - Precondition: the layout has the tensors of such a block.
  package init(_ prefix: String, in layout: ParameterLayout) {
    norm1 = NormParameters("\(prefix).norm1", in: layout)
    qkv = LinearParameters("\(prefix).attn.qkv", in: layout)
    projection = LinearParameters("\(prefix).attn.proj", in: layout)
    norm2 = NormParameters("\(prefix).norm2", in: layout)
    expansion = LinearParameters("\(prefix).mlp.fc1", in: layout)
    contraction = LinearParameters("\(prefix).mlp.fc2", in: layout)
  }

  /// What such a block adds to a layout.
  /// - Parameter hidden: units of its MLP.
  package static func tensors(
    _ prefix: String, width: Int, hidden: Int
  ) -> [ParameterLayout.Entry] {
    NormParameters.tensors("\(prefix).norm1", width: width)
      + LinearParameters.tensors("\(prefix).attn.qkv", outputs: 3 * width, inputs: width)
      + LinearParameters.tensors("\(prefix).attn.proj", outputs: width, inputs: width)
      + NormParameters.tensors("\(prefix).norm2", width: width)
      + LinearParameters.tensors("\(prefix).mlp.fc1", outputs: hidden, inputs: width)
      + LinearParameters.tensors("\(prefix).mlp.fc2", outputs: width, inputs: hidden)
  }
}
