// dataset.json: what a dataset is, for people, for programs and for the comparison of two machines.
// No pixels, no paths of this machine, no times: the same scenes and options give the same text.

import Basics

/// The content of `dataset.json`.
public struct DatasetDescription: Hashable, Sendable, Codable {
  /// The version of the format that this release writes and reads.
  public static let supportedVersion = 1

  /// The version of the format.
  public var formatVersion: Int
  /// Pixels along one side of a chip.
  public var chipSide: Int
  /// Pixels between the starts of two chips of a scene.
  public var stride: Int
  /// The format of the pixels, of all scenes alike.
  public var pixelType: PixelType
  /// The bands in the order of the channels.
  public var bands: [BandDescription]
  /// The reference system of all scenes.
  public var crs: CoordinateReferenceSystem
  /// The scenes in the order in which they were given.
  public var scenes: [SceneDescription]
  /// In the order of their `ShardID`.
  public var trainingShards: [ShardDescription]
  /// The held-out shards, which are numbered after the training shards.
  public var holdoutShards: [ShardDescription]
  /// What became of the scenes.
  public var summary: IngestSummary

  package init(
    chipSide: Int, stride: Int, pixelType: PixelType, bands: [BandDescription],
    crs: CoordinateReferenceSystem, scenes: [SceneDescription], trainingShards: [ShardDescription],
    holdoutShards: [ShardDescription], summary: IngestSummary
  ) {
    formatVersion = Self.supportedVersion
    self.chipSide = chipSide
    self.stride = stride
    self.pixelType = pixelType
    self.bands = bands
    self.crs = crs
    self.scenes = scenes
    self.trainingShards = trainingShards
    self.holdoutShards = holdoutShards
    self.summary = summary
  }

  /// Own chips of the training shards: each once.
  public var trainingChips: Int { trainingShards.reduce(0) { $0 + $1.chips } }
  /// Own chips of the held-out shards: each once.
  public var holdoutChips: Int { holdoutShards.reduce(0) { $0 + $1.chips } }

  /// The text of `dataset.json`; equal for equal descriptions.
  public func json() throws -> String {
    try JSONText.encode(self, .indented) + "\n"
  }

  /// Equal on two machines exactly when their descriptions are, shard digests included.
  public func digest() throws -> Digest { Digest(of: try json()) }
}

/// A band and its statistics over the valid pixels that training sees, each pixel of a scene once.
public struct BandDescription: Hashable, Sendable, Codable {
  /// The band's name, for example "B4".
  public var name: String
  /// Pixels behind the other numbers.
  public var count: Int
  /// The mean over the valid pixels.
  public var mean: Double
  /// The standard deviation over the valid pixels, as of a population.
  public var standardDeviation: Double
  /// The smallest valid pixel.
  public var minimum: Double
  /// The largest valid pixel.
  public var maximum: Double
  /// "red", "green" or "blue": the scenes' colour interpretation, where the name does not begin
  /// with it.
  public var color: String?
  /// What a value of 1 is, for example "W·m⁻²·sr⁻¹·µm⁻¹"; nil when the scenes do not say.
  public var unit: String?

  package init(
    name: String, count: Int, mean: Double, standardDeviation: Double, minimum: Double,
    maximum: Double, color: String? = nil, unit: String? = nil
  ) {
    self.name = name
    self.count = count
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.minimum = minimum
    self.maximum = maximum
    self.color = color
    self.unit = unit
  }
}

/// In what system footprints are given.
public struct CoordinateReferenceSystem: Hashable, Sendable, Codable {
  /// For example "WGS 84 / UTM zone 21N".
  public var name: String
  /// For example "EPSG:32621"; nil when the scenes do not say.
  public var authority: String?
  /// The system as WKT 2.
  public var wkt: String

  package init(name: String, authority: String?, wkt: String) {
    self.name = name
    self.authority = authority
    self.wkt = wkt
  }
}

/// A scene that chips were cut from.
public struct SceneDescription: Hashable, Sendable, Codable {
  /// The file's name without its folder.
  public var name: String
  /// Pixels from left to right.
  public var width: Int
  /// Pixels from top to bottom.
  public var height: Int
  /// Map units from the left of a pixel to its right.
  public var pixelWidth: Double
  /// Map units from the top of a pixel to its bottom.
  public var pixelHeight: Double
  /// Where the scene lies, in map coordinates.
  public var footprint: Footprint
  /// Chips of the scene that are in the dataset.
  public var chips: Int

  package init(
    name: String, width: Int, height: Int, pixelWidth: Double, pixelHeight: Double,
    footprint: Footprint, chips: Int
  ) {
    self.name = name
    self.width = width
    self.height = height
    self.pixelWidth = pixelWidth
    self.pixelHeight = pixelHeight
    self.footprint = footprint
    self.chips = chips
  }
}

/// A shard of a dataset.
public struct ShardDescription: Hashable, Sendable, Codable {
  /// The file's name in the dataset's folder.
  public var file: String
  /// Own chips; the file holds `chips + borderChips`, the own ones first.
  public var chips: Int
  /// Copies of other shards' chips, which chips of this one link to.
  public var borderChips: Int
  /// Links of the own chips.
  public var links: Int
  /// The size of the file.
  public var bytes: Int
  /// The digest of the whole file; `xxh128sum` prints the same.
  public var digest: Digest

  package init(
    file: String, chips: Int, borderChips: Int, links: Int, bytes: Int, digest: Digest
  ) {
    self.file = file
    self.chips = chips
    self.borderChips = borderChips
    self.links = links
    self.bytes = bytes
    self.digest = digest
  }
}

/// What became of the scenes.
public struct IngestSummary: Hashable, Sendable, Codable {
  /// Windows that the scenes were cut into.
  public var windows: Int
  /// Windows with too few valid pixels.
  public var droppedForNodata: Int
  /// Windows that touch a held-out chip without lying in the holdout area.
  public var droppedAtHoldout: Int
  /// Pairs of neighbours, each counted once, both for training or both held out.
  public var links: Int
  /// Those of them that some shard holds.
  public var linksKept: Int
  /// Links by IoU: [0] that only touch, [k] with IoU in ((k − 1)/10, k/10].
  public var linksByIoU: [Int]
  /// Bytes of the scenes' files.
  public var bytesIn: Int
  /// Bytes of all shards.
  public var bytesOut: Int

  package init(
    windows: Int, droppedForNodata: Int, droppedAtHoldout: Int, links: Int, linksKept: Int,
    linksByIoU: [Int], bytesIn: Int, bytesOut: Int
  ) {
    self.windows = windows
    self.droppedForNodata = droppedForNodata
    self.droppedAtHoldout = droppedAtHoldout
    self.links = links
    self.linksKept = linksKept
    self.linksByIoU = linksByIoU
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
  }
}
