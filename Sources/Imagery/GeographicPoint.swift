// Places on the globe, as shards keep them beside map coordinates.

/// A place in degrees on WGS 84.
public struct GeographicPoint: Hashable, Sendable, Codable {
  /// In degrees, from −180 to 180.
  public var longitude: Double
  /// In degrees, from −90 to 90.
  public var latitude: Double

  /// From its coordinates.
  public init(longitude: Double, latitude: Double) {
    self.longitude = longitude
    self.latitude = latitude
  }

  /// True for numbers that can be a place: within a turn of the globe, since maps may end a little
  /// beyond a pole or the antimeridian.
  var isProper: Bool { abs(longitude) <= 360 && abs(latitude) <= 180 }
}

/// The corners of a chip or a scene on the globe. Straight edges of a map are not straight here;
/// over a chip the difference is small.
public struct GeographicCorners: Hashable, Sendable, Codable {
  /// Of the first column and the first row.
  public var upperLeft: GeographicPoint
  /// Of the last column and the first row.
  public var upperRight: GeographicPoint
  /// Of the last column and the last row.
  public var lowerRight: GeographicPoint
  /// Of the first column and the last row.
  public var lowerLeft: GeographicPoint

  /// From its corners.
  public init(
    upperLeft: GeographicPoint, upperRight: GeographicPoint, lowerRight: GeographicPoint,
    lowerLeft: GeographicPoint
  ) {
    self.upperLeft = upperLeft
    self.upperRight = upperRight
    self.lowerRight = lowerRight
    self.lowerLeft = lowerLeft
  }

  /// From the upper left one, clockwise.
  public var points: [GeographicPoint] { [upperLeft, upperRight, lowerRight, lowerLeft] }

  /// True for numbers that can be places.
  var isProper: Bool { points.allSatisfy(\.isProper) }
}
