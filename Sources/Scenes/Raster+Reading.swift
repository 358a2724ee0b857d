// Windows of pixels, read upright. The only file in which GDAL moves pixels; buffers are the
// caller's and as large as each method says.

import Basics
import CGDAL

extension Raster {
  /// Where a window is, and how it comes upright.
  struct UprightWindow {
    let window: PixelWindow
    let grid: RasterGrid
    let orientation: RasterOrientation
  }

  /// Reads bands.
  /// - Parameters:
  ///   - numbers: of the bands, from 1.
  ///   - type: of the buffer.
  ///   - buffer: (bands, height, width) of the upright window.
  ///   - bandBytes: from a band to the next one.
  /// - Throws: `SceneError.unreadable`.
  func read(
    _ numbers: [Int], _ place: UprightWindow, as type: GDALDataType,
    into buffer: UnsafeMutableRawBufferPointer, bandBytes: Int, messages: RasterMessages
  ) throws {
    let bytes = Int(GDALGetDataTypeSizeBytes(type))
    precondition(bandBytes >= place.window.count * bytes)
    precondition(buffer.count >= (numbers.count - 1) * bandBytes + place.window.count * bytes)
    let source = place.orientation.source(of: place.window, in: place.grid)
    let strides = place.orientation.strides(of: place.window)
    var list = numbers.map { Int32($0) }
    func read() -> CPLErr {
      GDALDatasetRasterIOEx(
        dataset, GF_Read, Int32(source.column), Int32(source.row), Int32(source.width),
        Int32(source.height), buffer.baseAddress?.advanced(by: strides.first * bytes),
        Int32(source.width), Int32(source.height), type, Int32(list.count), &list,
        GSpacing(strides.column * bytes), GSpacing(strides.row * bytes),
        GSpacing(bandBytes), nil)
    }
    // A virtual raster opens its sources when it is read.
    let code = messages.collect { needsOneThread ? RasterLibrary.onOneThread(read) : read() }
    guard code == CE_None else { throw failure(source, messages) }
  }

  /// Reads a mask, 0 where pixels are hidden.
  /// - Parameter mask: (height, width) of the upright window.
  /// - Throws: `SceneError.unreadable`.
  func read(
    mask band: GDALRasterBandH, _ place: UprightWindow,
    into mask: UnsafeMutableBufferPointer<UInt8>, messages: RasterMessages
  ) throws {
    precondition(mask.count == place.window.count)
    let source = place.orientation.source(of: place.window, in: place.grid)
    let strides = place.orientation.strides(of: place.window)
    let code = messages.collect {
      GDALRasterIOEx(
        band, GF_Read, Int32(source.column), Int32(source.row), Int32(source.width),
        Int32(source.height), mask.baseAddress?.advanced(by: strides.first), Int32(source.width),
        Int32(source.height), GDT_Byte, GSpacing(strides.column), GSpacing(strides.row), nil)
    }
    guard code == CE_None else { throw failure(source, messages) }
  }

  private func failure(_ source: PixelWindow, _ messages: RasterMessages) -> SceneError {
    .unreadable(
      scene: path,
      reason: "rows \(source.row) to \(source.row + source.height - 1): "
        + messages.reason(about: path))
  }
}
