// From the pixels of a raster to a map, and from one raster to another where both are flat enough.

/// A place on a map, in the map's units; y upwards.
public struct MapPoint: Hashable, Sendable {
  /// Eastwards.
  public var x: Double
  /// Northwards.
  public var y: Double

  /// From its coordinates.
  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// x = originX + columnX · column + rowX · row and y = originY + columnY · column + rowY · row,
/// with columns and rows counted from the upper left corner of the upper left pixel: GDAL's
/// geotransform.
public struct AffineTransform: Hashable, Sendable, Codable {
  /// x of the upper left corner.
  public var originX: Double
  /// What a column adds to x.
  public var columnX: Double
  /// What a row adds to x.
  public var rowX: Double
  /// y of the upper left corner.
  public var originY: Double
  /// What a column adds to y.
  public var columnY: Double
  /// What a row adds to y.
  public var rowY: Double

  /// From GDAL's six numbers, in GDAL's order.
  public init(
    originX: Double, columnX: Double, rowX: Double, originY: Double, columnY: Double, rowY: Double
  ) {
    self.originX = originX
    self.columnX = columnX
    self.rowX = rowX
    self.originY = originY
    self.columnY = columnY
    self.rowY = rowY
  }

  /// The six numbers in GDAL's order.
  public var numbers: [Double] { [originX, columnX, rowX, originY, columnY, rowY] }

  /// The area of a pixel, negative where rows run downwards as they mostly do.
  public var determinant: Double { columnX * rowY - rowX * columnY }

  /// True for finite numbers under which a pixel has an area.
  public var isProper: Bool { numbers.allSatisfy(\.isFinite) && determinant != 0 }

  /// True where columns run east and rows run south.
  public var isNorthUp: Bool { columnX > 0 && rowX == 0 && columnY == 0 && rowY < 0 }

  /// The place of a column and a row, or of a point of another map.
  public func apply(_ column: Double, _ row: Double) -> MapPoint {
    MapPoint(
      x: originX + columnX * column + rowX * row, y: originY + columnY * column + rowY * row)
  }

  /// The way back: x and y of what it is applied to become column and row.
  /// - Precondition: `isProper`.
  public var inverse: AffineTransform {
    precondition(isProper)
    let scale = 1 / determinant
    return AffineTransform(
      originX: (rowX * originY - rowY * originX) * scale, columnX: rowY * scale,
      rowX: -rowX * scale, originY: (columnY * originX - columnX * originY) * scale,
      columnY: -columnY * scale, rowY: columnX * scale)
  }
}
