// What a shard says of each of its chips, besides the pixels.

import Basics

/// A chip, numbered along the dataset's curve. A chip that two shards hold has one number.
public struct ChipID: Identifier {
  public let rawValue: UInt32
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// A box in degrees on WGS 84. `west > east` when it crosses the antimeridian, as in RFC 7946.
public struct GeographicBounds: Hashable, Sendable, Codable {
  public var west: Double
  public var south: Double
  public var east: Double
  public var north: Double

  public init(west: Double, south: Double, east: Double, north: Double) {
    self.west = west
    self.south = south
    self.east = east
    self.north = north
  }

  var isFinite: Bool { [west, south, east, north].allSatisfy(\.isFinite) }
}

/// A chip of a shard.
public struct ChipRecord: Hashable, Sendable {
  public var id: ChipID
  /// Index into the shard's scenes.
  public var scene: Int
  /// The chip's upper left pixel in its scene.
  public var column: Int
  public var row: Int
  /// In map coordinates of the scene's CRS.
  public var footprint: Footprint
  public var bounds: GeographicBounds
  /// A chip of another shard, here because a chip of this one links to it.
  public var isBorderCopy: Bool
  /// Valid pixels over all pixels; set by `ShardWriter`.
  public var validShare: Double

  public init(
    id: ChipID, scene: Int, column: Int, row: Int, footprint: Footprint, bounds: GeographicBounds,
    isBorderCopy: Bool, validShare: Double = 1
  ) {
    self.id = id
    self.scene = scene
    self.column = column
    self.row = row
    self.footprint = footprint
    self.bounds = bounds
    self.isBorderCopy = isBorderCopy
    self.validShare = validShare
  }
}

/// One neighbour of a chip.
public struct NeighbourLink: Hashable, Sendable {
  /// The neighbour's index in the shard.
  public let chip: Int
  /// Of the two footprints; 0 when they only touch.
  public let intersectionOverUnion: Float

  public init(chip: Int, intersectionOverUnion: Float) {
    self.chip = chip
    self.intersectionOverUnion = intersectionOverUnion
  }
}

/// The scene that chips were cut from.
public struct SceneReference: Hashable, Sendable {
  /// The longest name and the longest CRS, in bytes of UTF-8.
  public static let largestNameBytes = 4096
  public static let largestCRSBytes = 1 << 18

  public let name: String
  /// The coordinate reference system as WKT 2.
  public let crs: String

  /// - Precondition: both texts are within their limits.
  public init(name: String, crs: String) {
    precondition(name.utf8.count <= Self.largestNameBytes)
    precondition(crs.utf8.count <= Self.largestCRSBytes)
    self.name = name
    self.crs = crs
  }
}
