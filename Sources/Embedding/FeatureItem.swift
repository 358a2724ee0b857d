// A STAC item that says what a file of features is, by the embedding extension (emb 0.0.1, a
// proposal). What the model is stands in another item, which this one links to.

import Basics
import Encoders
import Foundation
import Imagery

/// What an item tells.
package struct FeatureItem {
  package var id: String
  /// The file, as a name beside the item.
  package var file: String
  package var mediaType: String
  package var bounds: GeographicBounds
  package var earliest: AcquisitionTime?
  package var latest: AcquisitionTime?
  /// How vectors were made: free names and values.
  package var parameters: [String: Any]
  /// Metres along a patch or a chip.
  package var groundSize: Double
  /// Where the item of the model lies, by the MLM extension; nil when nobody said.
  package var model: String?
  package var normalization: Normalization
  package var bands: [String]

  package init(
    id: String, file: String, mediaType: String, bounds: GeographicBounds, groundSize: Double,
    normalization: Normalization, bands: [String], parameters: [String: Any]
  ) {
    self.id = id
    self.file = file
    self.mediaType = mediaType
    self.bounds = bounds
    self.groundSize = groundSize
    self.normalization = normalization
    self.bands = bands
    self.parameters = parameters
  }

  private static let extensions = [
    "https://stac-extensions.github.io/embeddings/v0.0.1/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
  ]

  /// Equal items give equal bytes.
  package func json() throws -> String {
    let (west, south, east, north) = (bounds.west, bounds.south, bounds.east, bounds.north)
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    let scaling = zip(bands, zip(normalization.mean, normalization.standardDeviation)).map {
      ["band": $0, "mean": Double($1.0), "stddev": Double($1.1)] as [String: Any]
    }
    var properties: [String: Any] = [
      "datetime": NSNull(), "gsd": groundSize, "data_type": "float32",
      "emb:runtime_parameters": parameters,
      "emb:preprocessing": [
        "format": "json", "expression": ["type": "z-score", "bands": scaling],
      ] as [String: Any],
    ]
    if let earliest, let latest {
      if earliest == latest {
        properties["datetime"] = Self.text(earliest)
      } else {
        properties["start_datetime"] = Self.text(earliest)
        properties["end_datetime"] = Self.text(latest)
      }
    }
    var links: [[String: Any]] = []
    if let model {
      links.append([
        "rel": "emb:model", "href": model, "type": "application/geo+json",
        "title": "The model, by the MLM extension",
      ])
    }
    let item: [String: Any] = [
      "type": "Feature", "stac_version": "1.0.0", "stac_extensions": Self.extensions, "id": id,
      "bbox": [west, south, east, north],
      "geometry": ["type": "Polygon", "coordinates": [ring]] as [String: Any],
      "properties": properties, "links": links,
      "assets": [
        "embeddings": ["href": "./" + file, "type": mediaType, "roles": ["data"]] as [String: Any]
      ],
    ]
    let data = try JSONSerialization.data(
      withJSONObject: item, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// RFC 3339; noon stands for a day.
  private static func text(_ time: AcquisitionTime) -> String {
    let text = time.description
    return time.isDayAlone ? text + "T12:00:00Z" : text
  }
}
