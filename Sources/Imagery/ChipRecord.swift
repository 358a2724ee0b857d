// What a shard says of each of its chips, besides the pixels.

import Basics

/// A chip, numbered along the dataset's curve. A chip that two shards hold has one number.
public struct ChipID: Identifier {
  /// The number.
  public let rawValue: UInt32
  /// From its number.
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// A box in degrees on WGS 84. `west > east` when it crosses the antimeridian, as in RFC 7946.
public struct GeographicBounds: Hashable, Sendable, Codable {
  /// The western edge, in degrees.
  public var west: Double
  /// The southern edge, in degrees.
  public var south: Double
  /// The eastern edge, in degrees.
  public var east: Double
  /// The northern edge, in degrees.
  public var north: Double

  package init(west: Double, south: Double, east: Double, north: Double) {
    self.west = west
    self.south = south
    self.east = east
    self.north = north
  }

  var isFinite: Bool { [west, south, east, north].allSatisfy(\.isFinite) }
}

/// A chip of a shard.
public struct ChipRecord: Hashable, Sendable {
  /// The chip's number in the dataset.
  public var id: ChipID
  /// Index into the shard's scenes.
  public var scene: Int
  /// The column of the chip's upper left pixel in its scene.
  public var column: Int
  /// The row of that pixel.
  public var row: Int
  /// In map coordinates of the scene's CRS.
  public var footprint: Footprint
  /// The box around the footprint in degrees.
  public var bounds: GeographicBounds
  /// The footprint's corners in degrees.
  public var corners: GeographicCorners
  /// A chip of another shard, here because a chip of this one links to it.
  public var isBorderCopy: Bool
  /// Valid pixels over all pixels; set by `ShardWriter`.
  public var validShare: Double

  package init(
    id: ChipID, scene: Int, column: Int, row: Int, footprint: Footprint, bounds: GeographicBounds,
    corners: GeographicCorners, isBorderCopy: Bool, validShare: Double = 1
  ) {
    self.id = id
    self.scene = scene
    self.column = column
    self.row = row
    self.footprint = footprint
    self.bounds = bounds
    self.corners = corners
    self.isBorderCopy = isBorderCopy
    self.validShare = validShare
  }
}

/// One neighbour of a chip.
public struct NeighbourLink: Hashable, Sendable {
  /// The neighbour's index in the shard.
  public internal(set) var chip: Int
  /// Of the two footprints; 0 when they only touch.
  public let intersectionOverUnion: Float
  /// From the neighbour's columns and rows to this chip's map, where the neighbour's own footprint
  /// does not say it: it has another coordinate system, or lies beyond the seam of this one.
  public let placement: AffineTransform?

  package init(chip: Int, intersectionOverUnion: Float, placement: AffineTransform? = nil) {
    self.chip = chip
    self.intersectionOverUnion = intersectionOverUnion
    self.placement = placement
  }

  /// The same link with the neighbour numbered otherwise.
  package func renumbered(_ chip: Int) -> NeighbourLink {
    var link = self
    link.chip = chip
    return link
  }
}

/// The scene that chips were cut from.
public struct SceneReference: Hashable, Sendable {
  /// The longest name, in bytes of UTF-8.
  package static let largestNameBytes = 4096
  /// The longest CRS, in bytes of UTF-8.
  package static let largestCRSBytes = 1 << 18

  /// The file's name without its folder, or what its producer calls the scene.
  public let name: String
  /// The coordinate reference system as WKT 2.
  public let crs: String
  /// From the scene's columns and rows to its map. Columns run east and rows south, however the
  /// scene's file has them.
  public let transform: AffineTransform
  /// When it was taken; nil when nobody says.
  public let acquired: AcquisitionTime?

  /// - Precondition: both texts are within their limits.
  package init(name: String, crs: String, transform: AffineTransform, acquired: AcquisitionTime?) {
    precondition(name.utf8.count <= Self.largestNameBytes)
    precondition(crs.utf8.count <= Self.largestCRSBytes)
    self.name = name
    self.crs = crs
    self.transform = transform
    self.acquired = acquired
  }
}
