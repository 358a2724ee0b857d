// How scenes are to be read where their rasters leave a choice. A plain value that another process
// can read again.

/// What the user may say about reading. The defaults read every scene as it declares itself.
package struct ReadingOptions: Hashable, Sendable, Codable {
  /// When a pixel counts whose value is nodata in some bands and not in others.
  package enum NodataRule: String, Sendable, Codable, CaseIterable {
    /// Where any band holds data, as rasterio's `dataset_mask` has it: dark water that is 0 in the
    /// infrared stays. A nodata value that nobody measures (negative, or beyond 65535) hides its
    /// pixel all the same, and so do NaN and infinite values.
    case any
    /// Where every band holds data.
    case all
  }

  /// How pixels of another grid come to that of the scene. GDAL's names but for the first.
  package enum Resampling: String, Sendable, Codable, CaseIterable {
    case nearest, bilinear, average, cubic

    /// What GDAL calls it.
    var gdalName: String { self == .nearest ? "near" : rawValue }
  }

  /// What the pixels are read as.
  package enum Values: String, Sendable, Codable, CaseIterable {
    /// As they are stored; what they mean is in the bands' scale and offset.
    case raw
    /// value · scale + offset, as float32.
    case physical
  }

  /// A number said about one band, or about all.
  package struct BandSetting: Hashable, Sendable, Codable {
    /// The band's name; nil for every band.
    package var band: String?
    /// Nil for none: no nodata value, whatever the raster says.
    @CodableNodata package var value: Double?

    package init(band: String? = nil, value: Double?) {
      self.band = band
      self.value = value
    }
  }

  /// In the place of what rasters and recipes say. What names a band counts before what does not,
  /// the last before earlier ones.
  package var nodata: [BandSetting] = []
  package var scale: [BandSetting] = []
  package var offset: [BandSetting] = []
  package var nodataRule = NodataRule.any
  /// Side of a pixel in map units; nil for that of the finest band.
  package var resolution: Double?
  /// Of bands that are brought to another grid. Masks are never interpolated.
  package var resampling = Resampling.bilinear
  /// Reads a band of indexes into a colour table as the colours.
  package var expandPalette = false
  /// Reads alpha bands as image bands, behind the others.
  package var keepAlpha = false
  package var values = Values.raw

  package init() {}

  /// What is said about a band; nil when nothing is.
  static func setting(_ settings: [BandSetting], for band: String) -> BandSetting? {
    settings.last { $0.band == band } ?? settings.last { $0.band == nil }
  }

  /// Bands that are named in settings.
  var namedBands: [String] { (nodata + scale + offset).compactMap(\.band) }
}
