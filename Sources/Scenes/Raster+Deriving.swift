// Rasters made of others without a file: GDAL's virtual rasters, by the same functions as
// gdal_translate and gdalwarp.

import Basics
import CGDAL
import Imagery
import Maps

extension Raster {
  /// What a virtual raster takes of another.
  struct Selection: Hashable {
    /// Numbers of bands, from 1.
    var bands: [Int]
    /// Written into the virtual raster in the place of what the bands say.
    enum Nodata: Hashable {
      case asDeclared
      case none
      case value(Double)
    }
    var nodata = Nodata.asDeclared
    /// Bands that are image bands whatever the file says: of `bands`, counted from 1.
    var plainBands: [Int] = []
    /// Places of the image's corners on the globe, as control points.
    var corners: GeographicCorners?
  }

  /// The same pixels, of some bands.
  func selecting(_ selection: Selection) throws -> Raster {
    var arguments = ["-of", "VRT"]
    for band in selection.bands { arguments += ["-b", "\(band)"] }
    switch selection.nodata {
    case .asDeclared: break
    case .none: arguments += ["-a_nodata", "none"]
    case .value(let value): arguments += ["-a_nodata", "\(value)"]
    }
    for band in selection.plainBands { arguments += ["-colorinterp_\(band)", "undefined"] }
    if let corners = selection.corners {
      arguments += ["-a_srs", "EPSG:4326"]
      let (w, h) = (Double(width), Double(height))
      let pixels = [MapPoint(x: 0, y: 0), .init(x: w, y: 0), .init(x: w, y: h), .init(x: 0, y: h)]
      for (pixel, point) in zip(pixels, corners.unwrapped) {
        arguments += ["-gcp", "\(pixel.x)", "\(pixel.y)"]
        arguments += ["\(point.longitude)", "\(point.latitude)"]
      }
    }
    return try translated(arguments)
  }

  /// The colours that a band of indexes points at, as bands of their own.
  func expanding(_ band: Int, hasAlpha: Bool) throws -> Raster {
    try translated([
      "-of", "VRT", "-b", "\(band)", "-expand", hasAlpha ? "rgba" : "rgb", "-a_nodata", "none",
    ])
  }

  private func translated(_ arguments: [String]) throws -> Raster {
    try derived { messages in
      Self.withArguments(arguments) { list in
        guard let options = GDALTranslateOptionsNew(list, nil) else { return nil }
        defer { GDALTranslateOptionsFree(options) }
        return messages.collect { GDALTranslate("", dataset, options, nil) }
      }
    }
  }

  /// How pixels come to another grid.
  struct Warping {
    /// Where to; nil for the grid that GDAL finds, north up, with pixels of about the same size.
    var target: (grid: RasterGrid, wkt: String)?
    var resampling: ReadingOptions.Resampling
    /// Of all bands; nil where they have none.
    var nodata: Double?
    /// Whether control points are met exactly, and what lies between them is bent.
    var bends = false
  }

  /// The pixels on another grid, with an alpha band behind the others that is 0 where the raster
  /// does not reach. Where nothing valid is near, the bands hold their nodata value.
  func warped(_ warping: Warping) throws -> Raster {
    var arguments = ["-of", "VRT", "-dstalpha", "-r", warping.resampling.gdalName]
    if let (grid, wkt) = warping.target {
      let box = grid.footprint
      arguments += ["-t_srs", wkt, "-te", "\(box.left)", "\(box.bottom)", "\(box.right)"]
      arguments += ["\(box.top)", "-ts", "\(grid.width)", "\(grid.height)"]
    }
    if let nodata = warping.nodata {
      // Each band by its own nodata; the alpha band says where any of them is.
      arguments += ["-srcnodata", "\(nodata)", "-dstnodata", "\(nodata)"]
      arguments += ["-wo", "UNIFIED_SRC_NODATA=NO"]
    }
    if warping.bends { arguments += ["-tps"] }
    return try derived { messages in
      Self.withArguments(arguments) { list in
        guard let options = GDALWarpAppOptionsNew(list, nil) else { return nil }
        defer { GDALWarpAppOptionsFree(options) }
        var sources: [GDALDatasetH?] = [dataset]
        return messages.collect { GDALWarp("", nil, 1, &sources, options, nil) }
      }
    }
  }

  private func derived(_ make: (RasterMessages) -> GDALDatasetH?) throws -> Raster {
    let messages = RasterMessages()
    guard let result = make(messages) else {
      throw SceneError.notBroughtToGrid(scene: path, reason: messages.reason(about: path))
    }
    return try Raster(taking: result, path: path, origin: self)
  }

  /// Calls a function with a list of strings that ends in NULL.
  private static func withArguments(
    _ arguments: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> GDALDatasetH?
  ) -> GDALDatasetH? {
    var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    for argument in arguments { list = CSLAddString(list, argument) }
    defer { CSLDestroy(list) }
    return body(list)
  }
}

extension GeographicCorners {
  /// The corners from the upper left one, clockwise, with longitudes that do not jump at ±180°.
  var unwrapped: [GeographicPoint] {
    points.map { point in
      var longitude = point.longitude
      if longitude - upperLeft.longitude > 180 { longitude -= 360 }
      if longitude - upperLeft.longitude < -180 { longitude += 360 }
      return GeographicPoint(longitude: longitude, latitude: point.latitude)
    }
  }

  /// The transform that puts an image of a size into the corners; nil unless they are a box along
  /// the axes, up to half a pixel.
  func boxTransform(width: Int, height: Int) -> AffineTransform? {
    let points = unwrapped
    let left = (points[0].longitude + points[3].longitude) / 2
    let right = (points[1].longitude + points[2].longitude) / 2
    let top = (points[0].latitude + points[1].latitude) / 2
    let bottom = (points[2].latitude + points[3].latitude) / 2
    let column = (right - left) / Double(width)
    let row = (bottom - top) / Double(height)
    let box = [(left, top), (right, top), (right, bottom), (left, bottom)]
    let isNear = zip(points, box).allSatisfy {
      abs($0.longitude - $1.0) <= abs(column) / 2 && abs($0.latitude - $1.1) <= abs(row) / 2
    }
    guard isNear, column != 0, row != 0 else { return nil }
    return AffineTransform(
      originX: left, columnX: column, rowX: 0, originY: top, columnY: 0, rowY: row)
  }
}
