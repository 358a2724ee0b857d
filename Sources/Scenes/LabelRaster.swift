// Labels from a band of any raster that GDAL reads, in any coordinate system: a map of classes, or
// of a number. A patch's label comes from the pixels of points that are spread over the patch.

import Basics
import CGDAL
import Maps

/// An open raster of labels. One thread at a time.
package final class LabelRaster {
  package let path: String
  private let raster: Raster
  private let band: RasterBand
  /// From the map to columns and rows.
  private let toPixels: AffineTransform
  private let reference: SpatialReference
  /// Names of the values 0, 1, …; empty where the raster has none.
  package let categories: [String]
  /// Whether values are whole by their type.
  package let isWhole: Bool

  /// Points along a side of a patch, at most.
  private static let pointLimit = 16
  /// Patches along a side of what is read at a time.
  private static let chunk = 32
  /// Pixels that are read at a time, at most.
  private static let pixelLimit = 1 << 25

  /// - Parameter number: of the band, from 1; nil for the only one.
  /// - Throws: `SceneError`, `LabelError`.
  package init(path: String, band number: Int?) throws {
    let address = VirtualFiles.address(path) ?? path
    raster = try Raster(address)
    guard let number = number ?? (raster.imageBands.count == 1 ? raster.imageBands[0].number : nil)
    else { throw LabelError.chooseBand(path: path, count: raster.bands.count) }
    guard let band = raster.bands.first(where: { $0.number == number }) else {
      throw SceneError.noSuchBand(scene: path, number: number, count: raster.bands.count)
    }
    if band.isComplex { throw SceneError.complexPixels(scene: path, band: number) }
    guard let transform = raster.transform, transform.isProper else {
      throw SceneError.noGeoreferencing(scene: path, what: "geotransform")
    }
    guard let reference = raster.spatialReference else {
      throw SceneError.noGeoreferencing(scene: path, what: "coordinate reference system")
    }
    self.path = path
    self.band = band
    self.reference = reference
    toPixels = transform.inverse
    categories = Self.categories(of: band, in: raster)
    isWhole = band.typeName != "Float32" && band.typeName != "Float64"
  }

  private static func categories(of band: RasterBand, in raster: Raster) -> [String] {
    guard let handle = GDALGetRasterBand(raster.dataset, Int32(band.number)),
      let list = GDALGetRasterCategoryNames(handle)
    else { return [] }
    return (0..<Int(CSLCount(list))).map { list[$0].map { String(cString: $0) } ?? "" }
  }

  /// What the raster labels on a grid: patches of which at least half has data.
  ///
  /// The points of a patch are as many along a side as it has pixels of the raster, up to 16; where
  /// the raster lies on the grid's own map, and a patch has a whole number of its pixels, these are
  /// the pixels' middles. A class is the commonest value, the lowest of several; a number is their
  /// mean, with the band's scale and offset.
  /// - Parameters:
  ///   - grid: a pixel is a patch; north up.
  ///   - reference: of the grid.
  /// - Throws: `SceneError`, `LabelError.noSystem`.
  package func patches(
    on grid: RasterGrid, in reference: SpatialReference
  ) throws -> [LabelledPatch] {
    var way: MapTransform?
    if !reference.isSame(as: self.reference) {
      way = MapTransform(from: reference, to: self.reference)
      if way == nil { throw LabelError.noSystem(path: path) }
    }
    let points = pointsPerSide(on: grid, by: way)
    var result: [LabelledPatch] = []
    for row in stride(from: 0, to: grid.height, by: Self.chunk) {
      for column in stride(from: 0, to: grid.width, by: Self.chunk) {
        let window = PixelWindow(
          column: column, row: row, width: min(Self.chunk, grid.width - column),
          height: min(Self.chunk, grid.height - row))
        try read(window, of: grid, by: way, points: points, into: &result)
      }
    }
    return result.sorted { ($0.row, $0.column) < ($1.row, $1.column) }
  }

  /// Where a place of the grid's map lies in the raster; nil where it has no place there.
  private func pixel(_ places: [MapPoint], by way: MapTransform?) -> [MapPoint?] {
    let there = way.map { $0.places(of: places) } ?? places.map(Optional.some)
    return there.map { $0.map { toPixels.apply($0.x, $0.y) } }
  }

  /// By how large the middle patch is in the raster.
  private func pointsPerSide(on grid: RasterGrid, by way: MapTransform?) -> Int {
    let (x, y) = (Double(grid.width) / 2, Double(grid.height) / 2)
    let places = [(x, y), (x + 1, y), (x, y + 1)].map { grid.transform.apply($0.0, $0.1) }
    let pixels = pixel(places, by: way)
    guard let first = pixels[0], let right = pixels[1], let below = pixels[2] else { return 1 }
    func length(_ to: MapPoint) -> Double {
      ((to.x - first.x) * (to.x - first.x) + (to.y - first.y) * (to.y - first.y)).squareRoot()
    }
    let longest = max(length(right), length(below))
    // A hair above a whole number is that number.
    return Int(min(max((longest - 1e-6).rounded(.up), 1), Double(Self.pointLimit)))
  }

  /// Labels a window of patches; one whose pixels are too many is halved first.
  private func read(
    _ window: PixelWindow, of grid: RasterGrid, by way: MapTransform?, points: Int,
    into result: inout [LabelledPatch]
  ) throws {
    let step = 1 / Double(points)
    var places: [MapPoint] = []
    places.reserveCapacity(window.count * points * points)
    for row in window.row..<window.row + window.height {
      for column in window.column..<window.column + window.width {
        for index in 0..<points * points {
          places.append(
            grid.transform.apply(
              Double(column) + (Double(index % points) + 0.5) * step,
              Double(row) + (Double(index / points) + 0.5) * step))
        }
      }
    }
    let pixels = pixel(places, by: way).map { inside($0) }
    guard let box = Self.box(around: pixels) else { return }
    if box.count > Self.pixelLimit && window.count > 1 {
      for half in window.halves { try read(half, of: grid, by: way, points: points, into: &result) }
      return
    }
    guard box.count <= Self.pixelLimit else { return }
    let (values, mask) = try load(box)
    for index in 0..<window.count {
      let mine = pixels[index * points * points..<(index + 1) * points * points]
      let found = mine.compactMap { pixel -> Double? in
        guard let pixel else { return nil }
        let place = (pixel.row - box.row) * box.width + pixel.column - box.column
        return mask[place] != 0 && values[place].isFinite ? values[place] : nil
      }
      if 2 * found.count < mine.count || found.isEmpty { continue }
      result.append(
        LabelledPatch(
          column: window.column + index % window.width, row: window.row + index / window.width,
          label: label(of: found),
          number: found.reduce(0, +) / Double(found.count) * (band.scale ?? 1)
            + (band.offset ?? 0)))
    }
  }

  /// The commonest value, the lowest of several.
  private func label(of values: [Double]) -> LabelValue {
    var counts: [Double: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let most = counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? values[0]
    guard let whole = Int(exactly: most) else { return .number(most) }
    if categories.indices.contains(whole), !categories[whole].isEmpty {
      return .text(categories[whole])
    }
    return isWhole ? .integer(whole) : .number(most)
  }

  private func inside(_ place: MapPoint?) -> (column: Int, row: Int)? {
    guard let place, place.x >= 0, place.y >= 0, place.x < Double(raster.width),
      place.y < Double(raster.height)
    else { return nil }
    return (Int(place.x), Int(place.y))
  }

  private static func box(around pixels: [(column: Int, row: Int)?]) -> PixelWindow? {
    let found = pixels.compactMap { $0 }
    guard let left = found.map(\.column).min(), let right = found.map(\.column).max(),
      let top = found.map(\.row).min(), let bottom = found.map(\.row).max()
    else { return nil }
    return PixelWindow(column: left, row: top, width: right - left + 1, height: bottom - top + 1)
  }

  /// Values of a window, and 0 where there is no data.
  private func load(_ window: PixelWindow) throws -> (values: [Double], mask: [UInt8]) {
    var values = [Double](repeating: 0, count: window.count)
    var mask = [UInt8](repeating: 0, count: window.count)
    let grid = RasterGrid(
      width: raster.width, height: raster.height,
      transform: AffineTransform(
        originX: 0, columnX: 1, rowX: 0, originY: 0, columnY: 0, rowY: -1))
    let place = Raster.UprightWindow(
      window: window, grid: grid, orientation: RasterOrientation())
    let messages = RasterMessages()
    try values.withUnsafeMutableBytes {
      try raster.read(
        [band.number], place, as: GDT_Float64, into: $0,
        bandBytes: window.count * MemoryLayout<Double>.stride, messages: messages)
    }
    guard let handle = GDALGetRasterBand(raster.dataset, Int32(band.number)),
      let maskBand = GDALGetMaskBand(handle)
    else { return (values, [UInt8](repeating: 255, count: window.count)) }
    try mask.withUnsafeMutableBufferPointer {
      try raster.read(mask: maskBand, place, into: $0, messages: messages)
    }
    return (values, mask)
  }
}

extension PixelWindow {
  /// Two windows that are this one, cut along its longer side.
  fileprivate var halves: [PixelWindow] {
    var (first, second) = (self, self)
    if width >= height {
      first.width = width / 2
      second.column += first.width
      second.width -= first.width
    } else {
      first.height = height / 2
      second.row += first.height
      second.height -= first.height
    }
    return [first, second]
  }
}
