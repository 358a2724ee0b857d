// What is known of the bands of sensors by their names alone: wavelengths and what people call
// them. Of Sentinel-2 after ESA's user guide (as GDAL's driver has it), of Landsat the middles of
// the bands' ranges as USGS gives them.

import Basics

/// A band of a known sensor.
struct SensorBand {
  var name: String
  /// At the band's centre, in micrometres.
  var wavelength: Double
  /// As catalogues call it; nil for what has no such name.
  var commonName: String?

  /// As `BandSource.color` has it.
  var color: String? {
    commonName.flatMap { ["red", "green", "blue"].contains($0) ? $0 : nil }
  }
}

enum SensorBands {
  private static func bands(_ list: [(String, Double, String?)]) -> [SensorBand] {
    list.map { SensorBand(name: $0.0, wavelength: $0.1, commonName: $0.2) }
  }

  /// In the order of the products' band numbers.
  static let sentinel2 = bands([
    ("B01", 0.443, "coastal"), ("B02", 0.490, "blue"), ("B03", 0.560, "green"),
    ("B04", 0.665, "red"), ("B05", 0.705, "rededge1"), ("B06", 0.740, "rededge2"),
    ("B07", 0.783, "rededge3"), ("B08", 0.842, "nir"), ("B8A", 0.865, "nir08"),
    ("B09", 0.945, "nir09"), ("B10", 1.375, "cirrus"), ("B11", 1.610, "swir16"),
    ("B12", 2.190, "swir22"),
  ])

  /// Metres of a pixel as the instrument sees it, in the same order.
  static let sentinel2Resolutions = [60, 10, 10, 10, 20, 20, 20, 10, 20, 60, 60, 20, 20]

  /// Landsat 8 and 9.
  private static let oli = bands([
    ("B1", 0.443, "coastal"), ("B2", 0.482, "blue"), ("B3", 0.5615, "green"),
    ("B4", 0.6545, "red"), ("B5", 0.865, "nir"), ("B6", 1.6085, "swir16"),
    ("B7", 2.2005, "swir22"), ("B8", 0.5895, "pan"), ("B9", 1.3735, "cirrus"),
    ("B10", 10.895, "lwir11"), ("B11", 12.005, "lwir12"),
  ])

  /// Landsat 7, and 4 and 5 with the thematic mapper.
  private static let mapper = bands([
    ("B1", 0.485, "blue"), ("B2", 0.560, "green"), ("B3", 0.660, "red"), ("B4", 0.835, "nir"),
    ("B5", 1.650, "swir16"), ("B6", 11.450, "lwir"), ("B7", 2.215, "swir22"),
    ("B8", 0.710, "pan"),
  ])

  /// By the spacecraft and sensor as MTL files name them; nothing for those not known here.
  static func landsat(spacecraft: String, sensor: String) -> [SensorBand] {
    switch (spacecraft.suffix(1), sensor) {
    case ("8", _), ("9", _): oli
    case ("7", _), (_, "TM"), (_, "ETM"): mapper
    default: []
    }
  }

  /// Of Landsat's bands, whatever product: "SR_B4", "ST_B10", "B6_VCID_1".
  static func band(_ name: String, of sensor: [SensorBand]) -> SensorBand? {
    let parts = name.split(separator: "_")
    guard let part = parts.first(where: { $0.first == "B" }) else { return nil }
    return sensor.first { BandMatching.isSame($0.name, String(part)) }
  }
}

/// Layers that say of each pixel what it is; by their names.
enum QualityNames {
  /// Lower case. A name that ends with "mask" is one too.
  private static let known: Set<String> = [
    "scl", "qa_pixel", "qa_radsat", "qa_aerosol", "sr_qa_aerosol", "sr_cloud_qa",
    "sr_atmos_opacity",
    "st_qa", "bqa", "qa", "qa60", "qa10", "qa20", "pixel_qa", "radsat_qa", "sr_aerosol", "fmask",
    "cloud_qa", "clouds", "cloud", "cld", "snw", "udm", "udm2", "msk_cldprb_20m",
    "msk_snwprb_20m", "msk_cldprb_60m", "msk_snwprb_60m", "msk_classi_b00", "cloud_probability",
  ]

  /// Whether a name is a quality layer's.
  static func contains(_ name: String) -> Bool {
    let lower = name.lowercased().replacing("-", with: "_")
    return known.contains(lower) || lower.hasSuffix("mask")
  }

  /// The scene's part and the quality layer's part of a file's name without its ending; nil where
  /// the name is not of such a file.
  static func split(_ stem: String) -> (scene: String, layer: String)? {
    // From the longest layer name to the shortest: at most three parts.
    let parts = stem.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
    for count in [3, 2, 1] where parts.count > count {
      let layer = parts.suffix(count).joined(separator: "_")
      let short = withoutResolution(layer)
      if contains(layer) || contains(short) {
        return (parts.dropLast(count).joined(separator: "_"), contains(short) ? short : layer)
      }
    }
    return parts.count == 1 && contains(stem) ? ("", stem) : nil
  }

  /// "SCL_20m" as "SCL".
  static func withoutResolution(_ name: String) -> String {
    let parts = name.split(separator: "_")
    guard parts.count > 1, let last = parts.last, last.hasSuffix("m"),
      Int(last.dropLast()) != nil
    else { return name }
    return parts.dropLast().joined(separator: "_")
  }

  /// What a user may write to use a layer; nil where its values are not known here.
  static func advice(_ layer: String) -> String? {
    switch layer.uppercased() {
    case "SCL": "--mask SCL:0,1,3,8,9,10"
    case "QA_PIXEL": "--mask QA_PIXEL:bits:0,1,2,3,4"
    default: nil
    }
  }
}
