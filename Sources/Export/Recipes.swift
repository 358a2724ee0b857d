// Configurations for programs of others: terratorch and PANGAEA.

import Basics
import MaskedAutoencoding

extension ExportFacts {
  /// Places of four blocks, evenly from the first quarter to the last: those that decoders of maps
  /// read. Fewer for a shallower encoder.
  var outputLayers: [Int] {
    let places = (1...4).map { $0 * shape.depth / 4 - 1 }.filter { $0 >= 0 }
    return places.enumerated().filter { $0.offset == 0 || places[$0.offset - 1] != $0.element }
      .map(\.element)
  }

  private var outputLayerList: String {
    "[" + outputLayers.map { "\($0)" }.joined(separator: ", ") + "]"
  }

  /// The content of terratorch.yaml.
  var terratorchConfiguration: String {
    let (scaling, side) = (encoder.normalization, encoder.model.imageSide)
    func list(_ values: [Float]) -> String {
      "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    }
    return """
      # The encoder as a backbone of terratorch. Put these lines where a configuration of yours has
      # its model, and the path of this folder behind local-dir: (here it lies in the folder that
      # terratorch runs in). The data module must give the bands in this order, in images of \(side)
      # by \(side) pixels, scaled by these means and deviations:
      #   bands: \(bandList)
      #   means: \(list(scaling.mean))
      #   stds: \(list(scaling.standardDeviation))
      model:
        class_path: terratorch.tasks.SemanticSegmentationTask
        init_args:
          model_factory: EncoderDecoderFactory
          loss: ce
          freeze_backbone: true
          model_args:
            backbone: timm_local-dir:\(options.name)
            backbone_pretrained: true
            backbone_out_indices: \(outputLayerList)
            decoder: FCNDecoder
            decoder_channels: 128
            num_classes: 2

      """
  }

  /// The content of pangaea/encoder.yaml.
  var pangaeaConfiguration: String {
    let model = encoder.model
    return """
      # For PANGAEA (github.com/VMarsocci/pangaea-bench): copy to configs/encoder and say where this
      # folder lies. Bands must have PANGAEA's own names (B2, B3, …) where a dataset has the same
      # ones; it fills bands that a dataset lacks with zeros. It scales by the statistics of the
      # dataset and not by those of the training.
      _target_: pangaea.encoders.vit_encoder.VIT_Encoder
      encoder_weights: \(options.name)/pangaea/model.pth
      download_url: null

      embed_dim: \(model.width)
      input_size: \(model.imageSide)
      patch_size: \(model.patchSide)
      depth: \(model.depth)
      num_heads: \(model.heads)
      mlp_ratio: \(model.mlpRatio)

      input_bands:
        optical: \(bandList)

      output_layers: \(outputLayerList)
      output_dim: \(model.width)

      """
  }

  /// A list of YAML; strings of JSON are strings of YAML.
  private var bandList: String {
    "[" + encoder.bands.map { JSONText.quoted($0.name) }.joined(separator: ", ") + "]"
  }
}
