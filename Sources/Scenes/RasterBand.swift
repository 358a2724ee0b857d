// What a raster says of one of its bands. No pixels.

import CGDAL

/// A band of an open raster.
struct RasterBand {
  /// A table of colours that a band's values point into.
  enum Palette {
    case none
    /// Two entries, black and white: the values are an image as they are.
    case blackAndWhite
    case colors(hasAlpha: Bool)
  }

  /// From 1.
  let number: Int
  /// The band's description, or "band 3".
  let name: String
  /// "red", "green" or "blue", by the file's colour interpretation.
  let color: String?
  /// Unit of the values; nil where the file does not say, as with what follows.
  let unit: String?
  let scale: Double?
  let offset: Double?
  let nodata: Double?
  /// Nil for formats that are not read.
  let type: RawType?
  /// What GDAL calls the format.
  let typeName: String
  let isComplex: Bool
  let isAlpha: Bool
  let palette: Palette
  /// Names of the values 0, 1, …: empty where the values are not classes.
  let categories: [String]
  /// A mask beyond what nodata and alpha say; nil where there is none.
  let mask: GDALRasterBandH?
  /// Whether the mask is that of every band of the raster.
  let isMaskShared: Bool

  init(_ band: GDALRasterBandH, number: Int) {
    let interpretation = GDALGetRasterColorInterpretation(band)
    let dataType = GDALGetRasterDataType(band)
    self.number = number
    name = Self.text(GDALGetDescription(band)) ?? "band \(number)"
    color =
      switch interpretation {
      case GCI_RedBand: "red"
      case GCI_GreenBand: "green"
      case GCI_BlueBand: "blue"
      default: nil
      }
    unit = Self.text(GDALGetRasterUnitType(band))
    scale = Self.number { GDALGetRasterScale(band, &$0) }
    offset = Self.number { GDALGetRasterOffset(band, &$0) }
    nodata = Self.number { GDALGetRasterNoDataValue(band, &$0) }
    let pixelType = Self.text(GDALGetMetadataItem(band, "PIXELTYPE", "IMAGE_STRUCTURE"))
    type = RawType(dataType, isSignedByte: pixelType == "SIGNEDBYTE")
    typeName = Self.text(GDALGetDataTypeName(dataType)) ?? "unknown"
    isComplex = GDALDataTypeIsComplex(dataType) != 0
    isAlpha = interpretation == GCI_AlphaBand
    palette =
      interpretation == GCI_PaletteIndex ? Self.palette(GDALGetRasterColorTable(band)) : .none
    categories = Self.categories(band)
    let flags = GDALGetMaskFlags(band)
    let isImplied = flags & (GMF_ALL_VALID | GMF_ALPHA) != 0 || flags == GMF_NODATA
    mask = isImplied ? nil : GDALGetMaskBand(band)
    isMaskShared = flags & GMF_PER_DATASET != 0
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    pointer.map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What a function of GDAL says; nil when it says that there is nothing.
  private static func number(_ body: (inout Int32) -> Double) -> Double? {
    var isSet: Int32 = 0
    let value = body(&isSet)
    return isSet != 0 ? value : nil
  }

  private static func palette(_ table: GDALColorTableH?) -> Palette {
    guard let table else { return .colors(hasAlpha: false) }
    let entries = (0..<GDALGetColorEntryCount(table)).compactMap {
      GDALGetColorEntry(table, $0)?.pointee
    }
    func isGray(_ entry: GDALColorEntry, _ level: Int16) -> Bool {
      entry.c1 == level && entry.c2 == level && entry.c3 == level && entry.c4 == 255
    }
    if entries.count == 2 {
      let (first, second) = (entries[0], entries[1])
      if isGray(first, 0) && isGray(second, 255) || isGray(first, 255) && isGray(second, 0) {
        return .blackAndWhite
      }
    }
    return .colors(hasAlpha: entries.contains { $0.c4 != 255 })
  }

  private static func categories(_ band: GDALRasterBandH) -> [String] {
    guard let list = GDALGetRasterCategoryNames(band) else { return [] }
    return (0..<Int(CSLCount(list))).compactMap { text(list[$0]) }
  }
}
