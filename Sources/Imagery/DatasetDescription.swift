// dataset.json: what a dataset is, for people, for programs and for the comparison of two machines. No pixels,
// no paths of this machine, no times: the same scenes and options give the same text.

import Basics

/// The content of `dataset.json`.
public struct DatasetDescription: Hashable, Sendable, Codable {
  public static let supportedVersion = 1

  public var formatVersion: Int
  /// Pixels along one side of a chip.
  public var chipSide: Int
  /// Pixels between the starts of two chips of a scene.
  public var stride: Int
  public var pixelType: PixelType
  public var bands: [BandDescription]
  public var crs: CoordinateReferenceSystem
  public var scenes: [SceneDescription]
  /// In the order of their `ShardID`.
  public var trainingShards: [ShardDescription]
  public var holdoutShards: [ShardDescription]
  public var summary: IngestSummary

  public init(
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
  public var name: String
  /// Pixels behind the other numbers.
  public var count: Int
  public var mean: Double
  /// Of the population.
  public var standardDeviation: Double
  public var minimum: Double
  public var maximum: Double
  /// "red", "green" or "blue": the scenes' colour interpretation, where the name does not begin with it.
  public var color: String?
  /// What a value of 1 is, for example "W·m⁻²·sr⁻¹·µm⁻¹"; nil when the scenes do not say.
  public var unit: String?

  public init(
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

public struct CoordinateReferenceSystem: Hashable, Sendable, Codable {
  /// For example "WGS 84 / UTM zone 21N".
  public var name: String
  /// For example "EPSG:32621"; nil when the scenes do not say.
  public var authority: String?
  public var wkt: String

  public init(name: String, authority: String?, wkt: String) {
    self.name = name
    self.authority = authority
    self.wkt = wkt
  }
}

public struct SceneDescription: Hashable, Sendable, Codable {
  /// The file's name without its folder.
  public var name: String
  /// Pixels.
  public var width: Int
  public var height: Int
  /// Map units a pixel.
  public var pixelWidth: Double
  public var pixelHeight: Double
  public var footprint: Footprint
  /// Chips of the scene that are in the dataset.
  public var chips: Int

  public init(
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

public struct ShardDescription: Hashable, Sendable, Codable {
  /// The file's name in the dataset's folder.
  public var file: String
  /// Own chips; the file holds `chips + borderChips`, the own ones first.
  public var chips: Int
  public var borderChips: Int
  /// Links of the own chips.
  public var links: Int
  public var bytes: Int
  /// Of the whole file; `xxh128sum` prints the same.
  public var digest: Digest

  public init(
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
  public var droppedForNodata: Int
  /// Windows that touch a held-out chip without lying in the holdout area.
  public var droppedAtHoldout: Int
  /// Pairs of neighbours, each counted once, both for training or both held out.
  public var links: Int
  /// Those of them that some shard holds.
  public var linksKept: Int
  /// Links by IoU: [0] that only touch, [k] with IoU in ((k − 1)/10, k/10].
  public var linksByIoU: [Int]
  /// Bytes of the scenes' files, and of all shards.
  public var bytesIn: Int
  public var bytesOut: Int

  public init(
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
