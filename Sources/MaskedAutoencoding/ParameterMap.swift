// Where each part of a masked autoencoder lies in the flat vector, looked up by name once.

import Tensors
import VisionTransformer

/// The places of all parameters of a model.
struct ParameterMap: Sendable {
  let count: Int
  let classToken: Int
  let maskToken: Int
  let imageEmbedding: Int
  let decoderImageEmbedding: Int
  let patchEmbedding: LinearParameters
  let encoder: [BlockParameters]
  let norm: NormParameters
  let decoderEmbedding: LinearParameters
  let decoder: [BlockParameters]
  let decoderNorm: NormParameters
  let decoderPrediction: LinearParameters

  init(_ configuration: ModelConfiguration, in layout: ParameterLayout) {
    func start(_ name: String) -> Int { layout.required(name).range.lowerBound }
    count = layout.count
    classToken = start("cls_token")
    maskToken = start("mask_token")
    imageEmbedding = start("img_embed")
    decoderImageEmbedding = start("decoder_img_embed")
    patchEmbedding = LinearParameters("patch_embed", in: layout)
    encoder = (0..<configuration.depth).map { BlockParameters("blocks.\($0)", in: layout) }
    norm = NormParameters("norm", in: layout)
    decoderEmbedding = LinearParameters("decoder_embed", in: layout)
    decoder = (0..<configuration.decoderDepth).map {
      BlockParameters("decoder_blocks.\($0)", in: layout)
    }
    decoderNorm = NormParameters("decoder_norm", in: layout)
    decoderPrediction = LinearParameters("decoder_pred", in: layout)
  }
}
