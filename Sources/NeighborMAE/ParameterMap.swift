// Where each layer's numbers lie in the flat vector, looked up by name once.

import Kernels
import Tensors

/// y = x Wᵀ + b; W is (outputs, inputs).
struct LinearPlace: Sendable {
  let weight: Int
  let bias: Int
  let outputs: Int
  let inputs: Int

  init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.tensor("\(prefix).weight")!
    self.weight = weight.range.lowerBound
    bias = layout.tensor("\(prefix).bias")!.range.lowerBound
    outputs = weight.shape[0]
    inputs = weight.shape[1]
  }

  /// W, or its gradient, in a vector of the model's layout.
  func weights(in vector: FloatBuffer) -> MatrixView {
    MatrixView(vector, offset: weight, rows: outputs, columns: inputs)
  }
}

/// A layer norm's weight and bias; the bias follows the weight, so that both gradients are one run.
struct NormPlace: Sendable {
  let weight: Int
  let bias: Int
  let width: Int

  init(_ prefix: String, in layout: ParameterLayout) {
    let weight = layout.tensor("\(prefix).weight")!.range
    self.weight = weight.lowerBound
    bias = layout.tensor("\(prefix).bias")!.range.lowerBound
    width = weight.count
    precondition(bias == weight.upperBound, "\(prefix).bias does not follow its weight")
  }
}

/// One transformer block.
struct BlockPlace: Sendable {
  let norm1: NormPlace
  let qkv: LinearPlace
  let projection: LinearPlace
  let norm2: NormPlace
  let expansion: LinearPlace
  let contraction: LinearPlace

  init(_ prefix: String, in layout: ParameterLayout) {
    norm1 = NormPlace("\(prefix).norm1", in: layout)
    qkv = LinearPlace("\(prefix).attn.qkv", in: layout)
    projection = LinearPlace("\(prefix).attn.proj", in: layout)
    norm2 = NormPlace("\(prefix).norm2", in: layout)
    expansion = LinearPlace("\(prefix).mlp.fc1", in: layout)
    contraction = LinearPlace("\(prefix).mlp.fc2", in: layout)
  }
}

/// The whole model.
struct ParameterMap: Sendable {
  let count: Int
  let classToken: Int
  let maskToken: Int
  let imageEmbedding: Int
  let decoderImageEmbedding: Int
  let patchEmbedding: LinearPlace
  let encoder: [BlockPlace]
  let norm: NormPlace
  let decoderEmbedding: LinearPlace
  let decoder: [BlockPlace]
  let decoderNorm: NormPlace
  let decoderPrediction: LinearPlace

  init(_ configuration: ModelConfiguration) {
    let layout = configuration.parameterLayout
    func start(_ name: String) -> Int { layout.tensor(name)!.range.lowerBound }
    count = layout.count
    classToken = start("cls_token")
    maskToken = start("mask_token")
    imageEmbedding = start("img_embed")
    decoderImageEmbedding = start("decoder_img_embed")
    patchEmbedding = LinearPlace("patch_embed", in: layout)
    encoder = (0..<configuration.depth).map { BlockPlace("blocks.\($0)", in: layout) }
    norm = NormPlace("norm", in: layout)
    decoderEmbedding = LinearPlace("decoder_embed", in: layout)
    decoder = (0..<configuration.decoderDepth).map {
      BlockPlace("decoder_blocks.\($0)", in: layout)
    }
    decoderNorm = NormPlace("decoder_norm", in: layout)
    decoderPrediction = LinearPlace("decoder_pred", in: layout)
  }
}
