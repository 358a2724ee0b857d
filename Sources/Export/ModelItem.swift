// item.json: the model as a STAC item with the Machine Learning Model extension
// (https://github.com/stac-extensions/mlm), the one standard that has a model's bands and
// normalisation. check.py reads it.

import Basics
import Imagery
import MaskedAutoencoding

extension ExportFacts {
  private static let extensions = [
    "https://stac-extensions.github.io/mlm/v1.5.2/schema.json",
    "https://stac-extensions.github.io/eo/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
  ]

  /// The content of item.json.
  var modelItem: JSONValue {
    .object(known: [
      "type": "Feature", "stac_version": "1.1.0",
      "stac_extensions": .list(Self.extensions.map(JSONValue.text)), "id": .text(identifier),
      "geometry": geometry ?? .null, "bbox": box, "properties": properties, "assets": assets,
      "links": [
        [
          "rel": "cite-as", "href": .text(objective.paper), "type": "text/html",
          "title": .text(objective.title),
        ]
      ],
    ])
  }

  private var geometry: JSONValue? {
    outlines.map { outlines in
      let polygons = outlines.rings.map { ring in
        JSONValue.list([.list(ring.map { [.number($0.longitude), .number($0.latitude)] })])
      }
      return ["type": "MultiPolygon", "coordinates": .list(polygons)]
    }
  }

  private var box: JSONValue? {
    outlines.map { outlines in
      let bounds = outlines.bounds
      return .list([bounds.west, bounds.south, bounds.east, bounds.north].map(JSONValue.number))
    }
  }

  private var properties: JSONValue {
    let dataset = encoder.run.dataset
    return .object(known: [
      "title": .text(options.name), "description": .text(description),
      // A date there must be; where nobody knows one, the widest that others use.
      "datetime": .null,
      "start_datetime": .text(dates.map { Self.moment($0.first, "00:00:00") } ?? Self.noDates.0),
      "end_datetime": .text(dates.map { Self.moment($0.last, "23:59:59") } ?? Self.noDates.1),
      "license": .text(options.license ?? "other"),
      "gsd": .number(encoder.ground.pixel.median), "bands": .list(bands),
      "mlm:name": .text(options.name), "mlm:architecture": "Vision Transformer",
      "mlm:tasks": ["similarity-search"], "mlm:framework": "PyTorch",
      "mlm:total_parameters": .whole(parameterCount), "mlm:pretrained": true,
      "mlm:pretrained_source": .text("dataset \(dataset.digest)"),
      "mlm:input": [input], "mlm:output": outputs,
      "mlm:hyperparameters": settings.isEmpty
        ? nil
        : .object(Dictionary(uniqueKeysWithValues: settings.map { ($0.key, .text($0.value)) })),
      "terrane:version": .text(Release.version), "terrane:step": .whole(encoder.step.index),
      "terrane:dataset": .text("\(dataset.digest)"),
      "terrane:run": .text(encoder.run.identity),
      "terrane:training_crop_pixels": .number(encoder.ground.cropSide),
      "terrane:training_patch_metres": .number(encoder.ground.patch),
      "terrane:patch_metres": .number(patchMetres),
      "terrane:pixel_metres": [
        .number(encoder.ground.pixel.finest), .number(encoder.ground.pixel.coarsest),
      ],
    ])
  }

  private static let noDates = ("1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z")

  private static func moment(_ time: AcquisitionTime, _ hour: String) -> String {
    time.isDayAlone ? "\(time)T\(hour)Z" : time.description
  }

  private var description: String {
    let dates = dates == nil ? " Nobody says when the scenes were taken." : ""
    let seen = objective.imagesPerSample > 1 ? "image pairs" : "images"
    return "The encoder of a masked autoencoder of satellite \(seen) (\(objective.title)) after "
      + "\(encoder.step) steps. The geometry is that of the scenes it was trained on, their "
      + "held-out chips included.\(dates)"
  }

  /// Statistics are of the stored values, as is the scaling of the model's input.
  private var bands: [JSONValue] {
    let type = encoder.run.dataset.description.pixelType.rawValue
    return encoder.bands.map { band in
      .object(known: [
        "name": .text(band.name), "data_type": .text(type), "unit": band.unit.map(JSONValue.text),
        "statistics": [
          "mean": .number(band.mean), "stddev": .number(band.standardDeviation),
          "minimum": .number(band.minimum), "maximum": .number(band.maximum),
          "count": .whole(band.count),
        ], "raster:scale": .number(band.scale), "raster:offset": .number(band.offset),
        "eo:center_wavelength": band.wavelength.map(JSONValue.number),
      ])
    }
  }

  private var input: JSONValue {
    let (model, normalization) = (encoder.model, encoder.normalization)
    let scalings = zip(normalization.mean, normalization.standardDeviation).map { mean, deviation in
      JSONValue.object([
        "type": "z-score", "mean": .single(mean), "stddev": .single(deviation),
      ])
    }
    return [
      "name": "image",
      "description": .text(
        "Stored values of the bands in this order, resized by antialiased bilinear interpolation, "
          + "then scaled; pixels without a valid value are left out of the interpolation, and are "
          + "0 after the scaling where more than half of their weight is missing."),
      "bands": .list(encoder.bands.map { .text($0.name) }),
      "input": [
        "shape": [-1, .whole(model.channels), .whole(model.imageSide), .whole(model.imageSide)],
        "dim_order": ["batch", "bands", "height", "width"], "data_type": "float32",
      ], "value_scaling": .list(scalings), "resize_type": "interpolation-linear",
    ]
  }

  private var outputs: JSONValue {
    func output(
      _ name: String, _ shape: [Int], _ order: [JSONValue], _ description: String
    ) -> JSONValue {
      [
        "name": .text(name), "tasks": ["similarity-search"], "description": .text(description),
        "result": [
          "shape": .list(shape.map(JSONValue.whole)), "dim_order": .list(order),
          "data_type": "float32",
        ],
      ]
    }
    return [
      output(
        "tokens", [-1, shape.tokens, shape.width], ["batch", "token", "embedding"],
        "After the last norm: the class token, then the patches row by row."),
      output(
        "pooled", [-1, shape.width], ["batch", "embedding"],
        "The mean of the patch tokens after the last norm."),
    ]
  }

  private var assets: JSONValue {
    func file(_ path: String, _ type: String, _ title: String, _ roles: [JSONValue]) -> JSONValue {
      [
        "href": .text("./" + path), "type": .text(type), "title": .text(title),
        "roles": .list(roles),
      ]
    }
    let tensors = "application/octet-stream"
    return [
      "model": [
        "href": "./model.safetensors", "type": .text(tensors), "title": "Weights, by timm's names",
        "roles": ["mlm:model", "mlm:weights"], "mlm:artifact_type": "safetensors.torch.save_file",
      ],
      "config": file("config.json", "application/json", "timm's configuration", ["metadata"]),
      "card": file("README.md", "text/markdown", "Model card", ["metadata"]),
      "check": file("check.safetensors", tensors, "Raw chips and their features", ["data"]),
      "check-code": file("check.py", "text/x-python", "Compares them", ["metadata"]),
    ]
  }
}
