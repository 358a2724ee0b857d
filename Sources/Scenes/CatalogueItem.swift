// Items of a SpatioTemporal Asset Catalog (STAC 1.0 and 1.1) as their JSON has them, with the
// extensions eo, raster and those of producers that say what pixels mean. Fields only.

import Basics
import Foundation

/// An item, a collection of items, or a catalogue that links to others.
struct CatalogueDocument: Decodable {
  struct Link: Decodable {
    var rel: String
    var href: String
  }

  var type: String?
  var version: String?
  var features: [CatalogueItem]?
  var links: [Link]?
  var numberMatched: Int?

  private enum CodingKeys: String, CodingKey {
    case type, features, links, numberMatched
    case version = "stac_version"
  }
}

struct CatalogueItem: Decodable {
  struct Properties: Decodable {
    var datetime: String?
    var start: String?
    var isOffsetApplied: Bool?
    var baseline: String?

    private enum CodingKeys: String, CodingKey {
      case datetime
      case start = "start_datetime"
      case isOffsetApplied = "earthsearch:boa_offset_applied"
      case baseline = "s2:processing_baseline"
    }
  }

  var id: String
  var collection: String?
  var properties: Properties?
  var assets: [String: CatalogueAsset]?
}

struct CatalogueAsset: Decodable {
  /// A band in `eo:bands`, `raster:bands` or, since version 1.1, `bands`.
  struct Band: Decodable {
    var name: String?
    var commonName: String?
    var wavelength: Double?
    var scale: Double?
    var offset: Double?
    var unit: String?
    var nodata: Double?

    private enum CodingKeys: String, CodingKey {
      case name, scale, offset, unit, nodata
      case commonName = "common_name"
      case commonName11 = "eo:common_name"
      case wavelength = "center_wavelength"
      case wavelength11 = "eo:center_wavelength"
      case scale11 = "raster:scale"
      case offset11 = "raster:offset"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decodeIfPresent(String.self, forKey: .name)
      commonName =
        try values.decodeIfPresent(String.self, forKey: .commonName)
        ?? values.decodeIfPresent(String.self, forKey: .commonName11)
      wavelength =
        try values.decodeIfPresent(Double.self, forKey: .wavelength)
        ?? values.decodeIfPresent(Double.self, forKey: .wavelength11)
      scale =
        try values.decodeIfPresent(Double.self, forKey: .scale)
        ?? values.decodeIfPresent(Double.self, forKey: .scale11)
      offset =
        try values.decodeIfPresent(Double.self, forKey: .offset)
        ?? values.decodeIfPresent(Double.self, forKey: .offset11)
      unit = try values.decodeIfPresent(String.self, forKey: .unit)
      nodata = try? values.decodeIfPresent(CodableNodata.self, forKey: .nodata)?.wrappedValue
    }
  }

  var href: String
  var type: String?
  var roles: [String]?
  var eoBands: [Band]?
  var rasterBands: [Band]?
  var bands: [Band]?
  var scale: Double?
  var offset: Double?
  var unit: String?
  var nodata: Double?

  private enum CodingKeys: String, CodingKey {
    case href, type, roles, bands, unit, nodata
    case eoBands = "eo:bands"
    case rasterBands = "raster:bands"
    case scale = "raster:scale"
    case offset = "raster:offset"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    href = try values.decode(String.self, forKey: .href)
    type = try values.decodeIfPresent(String.self, forKey: .type)
    roles = try values.decodeIfPresent([String].self, forKey: .roles)
    eoBands = try values.decodeIfPresent([Band].self, forKey: .eoBands)
    rasterBands = try values.decodeIfPresent([Band].self, forKey: .rasterBands)
    bands = try values.decodeIfPresent([Band].self, forKey: .bands)
    scale = try values.decodeIfPresent(Double.self, forKey: .scale)
    offset = try values.decodeIfPresent(Double.self, forKey: .offset)
    unit = try values.decodeIfPresent(String.self, forKey: .unit)
    nodata = try? values.decodeIfPresent(CodableNodata.self, forKey: .nodata)?.wrappedValue
  }

  /// How many bands the item says that the asset has; nil when it does not say.
  var bandCount: Int? {
    let counts = [eoBands, rasterBands, bands].compactMap { $0?.count }.filter { $0 > 0 }
    return counts.max()
  }

  /// What the item says of a band, by its index.
  func band(_ index: Int) -> [Band] {
    [eoBands, bands, rasterBands].compactMap { list in
      list.flatMap { $0.indices.contains(index) ? $0[index] : nil }
    }
  }

  /// Whether the asset is pixels for use: not a preview, not a document.
  var isData: Bool {
    let preview: Set<String> = ["thumbnail", "overview", "visual", "metadata"]
    if let roles, !preview.isDisjoint(with: roles) { return false }
    if let roles, roles.contains("data") || roles.contains("reflectance") { return isRaster }
    return isRaster && (eoBands ?? rasterBands ?? bands) != nil
  }

  /// By its media type, or by its name where it has none.
  var isRaster: Bool {
    let rasters: Set<String> = ["tif", "tiff", "jp2", "vrt", "img"]
    guard let type else { return rasters.contains(VirtualFiles.fileExtension(href)) }
    return type.hasPrefix("image/tiff") || type.hasPrefix("image/jp2")
      || type.hasPrefix("image/vnd.stac.geotiff")
  }

  /// Whether it says of pixels what they are.
  func isQuality(key: String) -> Bool {
    let quality: Set<String> = [
      "cloud", "cloud-shadow", "snow-ice", "land-water", "water-mask", "saturation", "data-mask",
    ]
    return QualityNames.contains(key) || QualityNames.split(VirtualFiles.stem(href)) != nil
      || !(quality.isDisjoint(with: roles ?? []))
  }
}
