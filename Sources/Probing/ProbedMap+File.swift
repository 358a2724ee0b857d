// A probe's map as a cloud-optimised GeoTIFF that GIS programs open with names and colours.

import Basics
import MapFiles
import Pictures
import Scenes

extension ProbedMap {
  /// Writes the map, whole or not at all: classes as bytes from 1 with 0 for no data, numbers as
  /// floats with NaN.
  /// - Parameter metadata: names and texts that the file says of itself.
  /// - Throws: `MapFileError`, `FileError`.
  package func write(
    to path: String, target: ProbeTarget, bandName: String,
    metadata: [(name: String, text: String)]
  ) throws {
    let beside = path + ".filling.tif"
    let partial = path + ".partial.tif"
    defer {
      try? Files.remove(beside)
      try? Files.remove(partial)
    }
    var layout = MapLayout(
      grid: grid, reference: reference, value: .float32, bandNames: [bandName], nodata: .nan,
      metadata: metadata)
    var bytes: [UInt8] = []
    if case .classes(_, let names) = target {
      layout.value = .uint8
      layout.nodata = 0
      layout.classes = zip(names, ClassColors.colors(of: names)).map { ($0, $1) }
      bytes = values.map { $0.isFinite ? UInt8($0) + 1 : 0 }
    }
    try MapRaster.create(beside, layout)
    let window = PixelWindow(column: 0, row: 0, width: grid.width, height: grid.height)
    let raster = try MapRaster(beside, forUpdate: true)
    if bytes.isEmpty {
      try values.withUnsafeBytes { try raster.write(window, pixels: $0) }
    } else {
      try bytes.withUnsafeBytes { try raster.write(window, pixels: $0) }
    }
    try raster.synchronize()
    try raster.writeCloudOptimised(to: partial, tileSide: layout.tileSide)
    try Files.rename(partial, to: path)
  }
}
