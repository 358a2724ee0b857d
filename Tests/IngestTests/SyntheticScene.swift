// Scenes that a test makes up, as ENVI rasters: a text header beside raw pixels, which GDAL reads
// as they are.

import Foundation
import TestSupport

/// A scene with a formula for its pixels. 10 m pixels in UTM zone 21S unless a test says otherwise.
struct SyntheticScene {
  /// ENVI's numbers of pixel types.
  enum DataType: Int {
    case uint8 = 1
    case int16 = 2
    case int32 = 3
    case float32 = 4
    case uint16 = 12
  }

  var width = 40
  var height = 40
  var bands = ["red", "green"]
  var type = DataType.uint16
  var left = 500_000.0
  var top = 7_200_000.0
  var pixelSize = 10.0
  var zone = 21
  var nodata: Double?
  var isOnMap = true
  var rotation: Double?
  /// The value at (band, row, column).
  var value: (Int, Int, Int) -> Double = { band, row, column in
    Double(1 + (band * 100 + row * 7 + column * 3) % 250)
  }

  /// Writes NAME and NAME.hdr and returns the path of NAME.
  func write(_ name: String, in folder: TemporaryFolder) throws -> String {
    var header = """
      ENVI
      samples = \(width)
      lines = \(height)
      bands = \(bands.count)
      header offset = 0
      file type = ENVI Standard
      data type = \(type.rawValue)
      interleave = bsq
      byte order = 0
      band names = {\(bands.joined(separator: ", "))}

      """
    if isOnMap {
      let rotation = rotation.map { ", rotation=\($0)" } ?? ""
      header +=
        "map info = {UTM, 1, 1, \(left), \(top), \(pixelSize), \(pixelSize), \(zone), South, "
        + "WGS-84, units=Meters\(rotation)}\n"
    }
    if let nodata { header += "data ignore value = \(nodata)\n" }
    try folder.write(header, to: name + ".hdr")
    try pixels.write(to: URL(fileURLWithPath: folder.file(name)))
    return folder.file(name)
  }

  /// (bands, height, width)
  private var pixels: Data {
    var data = Data()
    for band in bands.indices {
      for row in 0..<height {
        for column in 0..<width { append(value(band, row, column), to: &data) }
      }
    }
    return data
  }

  private func append(_ value: Double, to data: inout Data) {
    func add<Value: BitwiseCopyable>(_ value: Value) {
      withUnsafeBytes(of: value) { data.append(contentsOf: $0) }
    }
    switch type {
    case .uint8: add(UInt8(value))
    case .int16: add(Int16(value))
    case .int32: add(Int32(value))
    case .float32: add(Float(value))
    case .uint16: add(UInt16(value))
    }
  }
}
