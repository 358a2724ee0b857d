// config.json: what timm needs to make the model, and what the bands are. timm refuses keys of
// `pretrained_cfg` that it does not know; whatever else there is to say stands beside it.

import Basics
import MaskedAutoencoding

extension ExportFacts {
  /// The content of config.json.
  var timmConfig: JSONValue {
    let (model, width) = (encoder.model, encoder.model.width)
    return [
      // Any of timm's plain transformers will do: the arguments below say every extent.
      "architecture": "vit_base_patch16_224", "num_classes": 0, "num_features": .whole(width),
      "global_pool": "avg",
      "model_args": [
        "img_size": .whole(model.imageSide), "patch_size": .whole(model.patchSide),
        "in_chans": .whole(model.channels), "embed_dim": .whole(width),
        "depth": .whole(model.depth), "num_heads": .whole(model.heads),
        "mlp_ratio": .number(model.mlpRatio), "global_pool": "avg", "fc_norm": false,
      ],
      "pretrained_cfg": pretrainedConfig, "bands": .list(bandContracts),
    ]
  }

  private var pretrainedConfig: JSONValue {
    let (model, normalization) = (encoder.model, encoder.normalization)
    let side = JSONValue.whole(model.imageSide)
    return .object(known: [
      "input_size": [.whole(model.channels), side, side], "fixed_input_size": true,
      "interpolation": "bilinear", "crop_pct": 1, "crop_mode": "center", "num_classes": 0,
      "classifier": "head", "first_conv": .null,
      "mean": .list(normalization.mean.map(JSONValue.single)),
      "std": .list(normalization.standardDeviation.map(JSONValue.single)),
      "license": options.license.map { .text($0.lowercased()) },
    ])
  }

  /// The bands in the order of the channels: which values they have, and what becomes of these.
  private var bandContracts: [JSONValue] {
    encoder.bands.enumerated().map { place, band in
      .object(known: [
        "name": .text(band.name), "mean": .single(encoder.normalization.mean[place]),
        "std": .single(encoder.normalization.standardDeviation[place]),
        "scale": .number(band.scale), "offset": .number(band.offset),
        "unit": band.unit.map(JSONValue.text),
        "wavelength_um": band.wavelength.map(JSONValue.number),
      ])
    }
  }
}
