// GeoTIFFs that are filled block after block, in any order, by one process after another; and
// cloud-optimised copies of them. GDAL writes. Not what the numbers mean.

import Basics
import CGDAL
import Maps
import Scenes

/// An open map. One thread at a time.
///
/// While it is filled it is a tiled GeoTIFF without compression whose tiles have their places from
/// the beginning: what was written and flushed stays readable whenever the process ends.
package final class MapRaster {
  package let path: String
  package let width: Int
  package let height: Int
  package let bandCount: Int
  private let handle: GDALDatasetH
  private let type: GDALDataType

  /// GDAL has signed bytes since 3.7; before, they are bytes with a remark.
  private static let signedByte: GDALDataType? =
    RasterLibrary.version >= 3_070_000 ? GDALDataType(rawValue: 14) : nil

  private static func type(of value: MapValue) -> GDALDataType {
    switch value {
    case .float32: GDT_Float32
    case .uint8: GDT_Byte
    case .int8: signedByte ?? GDT_Byte
    }
  }

  /// Makes a file whose pixels are all nodata. Its room on the disk is taken now.
  /// - Throws: `MapFileError`.
  package static func create(_ path: String, _ layout: MapLayout) throws {
    let messages = RasterMessages()
    messages.collect {
      guard let driver = GDALGetDriverByName("GTiff") else { return }
      let side = layout.tileSide
      var words = [
        "TILED=YES", "BLOCKXSIZE=\(side)", "BLOCKYSIZE=\(side)", "INTERLEAVE=PIXEL",
        "BIGTIFF=IF_SAFER", "SPARSE_OK=FALSE",
      ]
      if layout.value == .int8 && signedByte == nil { words.append("PIXELTYPE=SIGNEDBYTE") }
      let made = Options(words).with { options in
        GDALCreate(
          driver, path, Int32(layout.grid.width), Int32(layout.grid.height),
          Int32(layout.bandNames.count), type(of: layout.value), options)
      }
      guard let made else { return }
      describe(made, layout)
      GDALClose(made)
    }
    if !messages.errors.isEmpty || !Files.exists(path) {
      throw MapFileError.notWritten(path: path, reason: messages.reason(about: path))
    }
  }

  private static func describe(_ dataset: GDALDatasetH, _ layout: MapLayout) {
    var numbers = layout.grid.transform.numbers
    GDALSetGeoTransform(dataset, &numbers)
    GDALSetSpatialRef(dataset, layout.reference.handle)
    for (name, text) in layout.metadata { GDALSetMetadataItem(dataset, name, text, nil) }
    for (index, name) in layout.bandNames.enumerated() {
      guard let band = GDALGetRasterBand(dataset, Int32(index + 1)) else { continue }
      GDALSetDescription(band, name)
      GDALSetRasterNoDataValue(band, layout.nodata)
    }
    if !layout.classes.isEmpty { describe(layout.classes, in: dataset) }
  }

  /// Colours, and names as metadata: GDAL would put categories into a file of their own beside it.
  private static func describe(
    _ classes: [(name: String, color: UInt32)], in dataset: GDALDatasetH
  ) {
    guard let band = GDALGetRasterBand(dataset, 1), let table = GDALCreateColorTable(GPI_RGB)
    else { return }
    defer { GDALDestroyColorTable(table) }
    var nothing = GDALColorEntry(c1: 0, c2: 0, c3: 0, c4: 0)
    GDALSetColorEntry(table, 0, &nothing)
    for (index, entry) in classes.enumerated() {
      func channel(_ shift: UInt32) -> Int16 { Int16(entry.color >> shift & 0xFF) }
      var color = GDALColorEntry(c1: channel(16), c2: channel(8), c3: channel(0), c4: 255)
      GDALSetColorEntry(table, Int32(index + 1), &color)
      GDALSetMetadataItem(dataset, "CLASS_\(index + 1)", entry.name, nil)
    }
    GDALSetRasterColorTable(band, table)
  }

  /// Opens a map.
  /// - Throws: `MapFileError`.
  package init(_ path: String, forUpdate: Bool = false) throws {
    let messages = RasterMessages()
    let mode = forUpdate ? GDAL_OF_UPDATE : GDAL_OF_READONLY
    let opened = messages.collect {
      GDALOpenEx(
        path, UInt32(GDAL_OF_RASTER | mode | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
    }
    guard let opened, let band = GDALGetRasterBand(opened, 1) else {
      throw MapFileError.notRead(path: path, reason: messages.reason(about: path))
    }
    self.path = path
    handle = opened
    type = GDALGetRasterDataType(band)
    width = Int(GDALGetRasterXSize(opened))
    height = Int(GDALGetRasterYSize(opened))
    bandCount = Int(GDALGetRasterCount(opened))
  }

  deinit { GDALClose(handle) }

  /// Writes all bands of a window.
  /// - Parameter pixels: (height, width, bands) of the window, in the map's number format.
  /// - Throws: `MapFileError`.
  package func write(_ window: PixelWindow, pixels: UnsafeRawBufferPointer) throws {
    let messages = RasterMessages()
    let code = messages.collect {
      transfer(GF_Write, window, UnsafeMutableRawBufferPointer(mutating: pixels))
    }
    guard code == CE_None else {
      throw MapFileError.notWritten(path: path, reason: messages.reason(about: path))
    }
  }

  /// Reads all bands of a window.
  /// - Parameter pixels: room for (height, width, bands) of the window, in the map's number format.
  /// - Throws: `MapFileError`.
  package func read(_ window: PixelWindow, into pixels: UnsafeMutableRawBufferPointer) throws {
    let messages = RasterMessages()
    guard messages.collect({ transfer(GF_Read, window, pixels) }) == CE_None else {
      throw MapFileError.notRead(path: path, reason: messages.reason(about: path))
    }
  }

  private func transfer(
    _ direction: GDALRWFlag, _ window: PixelWindow, _ pixels: UnsafeMutableRawBufferPointer
  ) -> CPLErr {
    let bytes = Int(GDALGetDataTypeSizeBytes(type))
    precondition(pixels.count == window.count * bandCount * bytes)
    precondition(window.column >= 0 && window.row >= 0)
    precondition(window.column + window.width <= width && window.row + window.height <= height)
    return GDALDatasetRasterIOEx(
      handle, direction, Int32(window.column), Int32(window.row), Int32(window.width),
      Int32(window.height), pixels.baseAddress, Int32(window.width), Int32(window.height), type,
      Int32(bandCount), nil, GSpacing(bandCount * bytes),
      GSpacing(window.width * bandCount * bytes), GSpacing(bytes), nil)
  }

  /// Returns when what was written is on the disk.
  /// - Throws: `MapFileError`, `FileError`.
  package func synchronize() throws {
    let messages = RasterMessages()
    messages.collect { GDALFlushCache(handle) }
    if !messages.errors.isEmpty {
      throw MapFileError.notWritten(path: path, reason: messages.reason(about: path))
    }
    try Files.synchronize(path)
  }

  /// Writes a cloud-optimised copy with overviews, in bounded memory: a pixel of an overview is one
  /// of the map's. The copy is on the disk when this returns.
  /// - Parameters:
  ///   - metadata: more words for the copy.
  ///   - advance: told the share that is done, from 0 to 1.
  /// - Throws: `MapFileError`, `FileError`.
  package func writeCloudOptimised(
    to copy: String, tileSide: Int, metadata: [(name: String, text: String)] = [],
    advance: @escaping (Double) -> Void = { _ in }
  ) throws {
    let messages = RasterMessages()
    let words = [
      "BLOCKSIZE=\(tileSide)", "COMPRESS=DEFLATE", "LEVEL=1", "PREDICTOR=YES",
      "OVERVIEW_RESAMPLING=NEAREST", "BIGTIFF=IF_SAFER",
    ]
    for (name, text) in metadata { GDALSetMetadataItem(handle, name, text, nil) }
    let progress = Progress(advance)
    let isMade = messages.collect { () -> Bool in
      guard let driver = GDALGetDriverByName("COG") else { return false }
      let made = Options(words).with { options in
        GDALCreateCopy(
          driver, copy, handle, 0, options,
          { share, _, target in
            guard let target else { return 1 }
            Unmanaged<Progress>.fromOpaque(target).takeUnretainedValue().advance(share)
            return 1
          }, Unmanaged.passUnretained(progress).toOpaque())
      }
      guard let made else { return false }
      GDALClose(made)
      return true
    }
    guard isMade && messages.errors.isEmpty else {
      throw MapFileError.notWritten(path: copy, reason: messages.reason(about: copy))
    }
    try Files.synchronize(copy)
  }

  private final class Progress {
    let advance: (Double) -> Void

    init(_ advance: @escaping (Double) -> Void) { self.advance = advance }
  }

  /// A list of GDAL's.
  private struct Options {
    let words: [String]

    init(_ words: [String]) { self.words = words }

    func with<Result>(
      _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
      var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
      for word in words { list = CSLAddString(list, word) }
      defer { CSLDestroy(list) }
      return body(list)
    }
  }
}
