// Where a layer's parameters lie in the flat vector of all, looked up by name once. Not here: the layers'
// arithmetic, and which layers a model has.

import Kernels
import Tensors

/// The place of a linear layer: y = x Wᵀ + b; W is (outputs, inputs).
package struct LinearParameters: Sendable {
  /// Where W begins.
  package let weight: Int
  /// Where b begins, (outputs).
  package let bias: Int
  package let outputs: Int
  package let inputs: Int

  /// - Precondition: the layout has `prefix.weight` and `prefix.bias`.
  package init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.required("\(prefix).weight")
    self.weight = weight.range.lowerBound
    bias = layout.required("\(prefix).bias").range.lowerBound
    outputs = weight.shape[0]
    inputs = weight.shape[1]
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
  package let width: Int

  /// - Precondition: the layout has `prefix.weight` and, right after it, `prefix.bias`.
  package init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.required("\(prefix).weight").range
    self.weight = weight.lowerBound
    bias = layout.required("\(prefix).bias").range.lowerBound
    width = weight.count
    precondition(bias == weight.upperBound, "\(prefix).bias does not follow its weight")
  }
}

/// The place of a pre-norm transformer block (Vaswani et al. 2017; Dosovitskiy et al. 2021), by timm's names.
package struct BlockParameters: Sendable {
  package let norm1: NormParameters
  package let qkv: LinearParameters
  package let projection: LinearParameters
  package let norm2: NormParameters
  package let expansion: LinearParameters
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
}
