// dataset.json: what a dataset is, for people, for programs and for the comparison of two machines.
// No pixels, no paths of this machine, no times: the same scenes and options give the same text.

import Basics

/// The content of `dataset.json`.
public struct DatasetDescription: Hashable, Sendable, Codable {
  /// The version of the format that this release writes and reads.
  public static let supportedVersion = 2

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
  /// The reference systems of the scenes, each once, in the order in which scenes have them.
  public var referenceSystems: [CoordinateReferenceSystem]
  /// The scenes in the order in which they were given.
  public var scenes: [SceneDescription]
  /// In the order of their `ShardID`.
  public var trainingShards: [ShardDescription]
  /// The held-out shards, which are numbered after the training shards.
  public var holdoutShards: [ShardDescription]
  /// What became of the scenes.
  public var summary: IngestSummary
  /// What is suspicious in the scenes, in sentences for people.
  public var notes: [String]

  package init(
    chipSide: Int, stride: Int, pixelType: PixelType, bands: [BandDescription],
    referenceSystems: [CoordinateReferenceSystem], scenes: [SceneDescription],
    trainingShards: [ShardDescription], holdoutShards: [ShardDescription], summary: IngestSummary,
    notes: [String] = []
  ) {
    formatVersion = Self.supportedVersion
    self.chipSide = chipSide
    self.stride = stride
    self.pixelType = pixelType
    self.bands = bands
    self.referenceSystems = referenceSystems
    self.scenes = scenes
    self.trainingShards = trainingShards
    self.holdoutShards = holdoutShards
    self.summary = summary
    self.notes = notes
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
  /// What a value of 1 is after scale and offset, for example "W·m⁻²·sr⁻¹·µm⁻¹"; nil when the
  /// scenes do not say.
  public var unit: String?
  /// The wavelength at the band's centre in micrometres; nil when the scenes do not say.
  public var wavelength: Double?
  /// What a stored value is multiplied by to be in `unit`. The numbers above are of stored values.
  public var scale: Double
  /// What is added then.
  public var offset: Double
  /// Of the stored values.
  public var quantiles: BandQuantiles?

  package init(
    name: String, count: Int, mean: Double, standardDeviation: Double, minimum: Double,
    maximum: Double, color: String? = nil, unit: String? = nil, wavelength: Double? = nil,
    scale: Double = 1, offset: Double = 0, quantiles: BandQuantiles? = nil
  ) {
    self.name = name
    self.count = count
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.minimum = minimum
    self.maximum = maximum
    self.color = color
    self.unit = unit
    self.wavelength = wavelength
    self.scale = scale
    self.offset = offset
    self.quantiles = quantiles
  }

  /// What a value of the band means, without its statistics.
  public var meaning: BandMeaning {
    BandMeaning(name: name, unit: unit, wavelength: wavelength, scale: scale, offset: offset)
  }
}

/// Values below which a share of the pixels lies: a summary that a few hot pixels do not move.
public struct BandQuantiles: Hashable, Sendable, Codable {
  /// 1 % of the pixels are below.
  public var percent1: Double
  /// 25 % of the pixels are below.
  public var percent25: Double
  /// Half of the pixels are below.
  public var median: Double
  /// 75 % of the pixels are below.
  public var percent75: Double
  /// 99 % of the pixels are below.
  public var percent99: Double

  package init(
    percent1: Double, percent25: Double, median: Double, percent75: Double, percent99: Double
  ) {
    self.percent1 = percent1
    self.percent25 = percent25
    self.median = median
    self.percent75 = percent75
    self.percent99 = percent99
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
  /// The file's name without its folder, or what its producer calls the scene.
  public var name: String
  /// Pixels from left to right.
  public var width: Int
  /// Pixels from top to bottom.
  public var height: Int
  /// Index into the dataset's reference systems.
  public var referenceSystem: Int
  /// From columns and rows to the map; columns run east and rows south, however the file has them.
  public var transform: AffineTransform
  /// Where the scene lies, in map coordinates.
  public var footprint: Footprint
  /// Where its corners lie on the globe.
  public var corners: GeographicCorners
  /// When it was taken; nil when nobody says.
  public var acquired: AcquisitionTime?
  /// Chips of the scene that are in the dataset.
  public var chips: Int

  package init(
    name: String, width: Int, height: Int, referenceSystem: Int, transform: AffineTransform,
    footprint: Footprint, corners: GeographicCorners, acquired: AcquisitionTime? = nil, chips: Int
  ) {
    self.name = name
    self.width = width
    self.height = height
    self.referenceSystem = referenceSystem
    self.transform = transform
    self.footprint = footprint
    self.corners = corners
    self.acquired = acquired
    self.chips = chips
  }

  /// Map units from the left of a pixel to its right.
  public var pixelWidth: Double { transform.columnX }
  /// Map units from the top of a pixel to its bottom.
  public var pixelHeight: Double { -transform.rowY }
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
  /// Windows with one value in every band.
  public var droppedAsConstant: Int
  /// Windows near places that are to be avoided.
  public var droppedAsAvoided: Int
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
    windows: Int, droppedForNodata: Int, droppedAsConstant: Int = 0,
    droppedAsAvoided: Int = 0, droppedAtHoldout: Int,
    links: Int, linksKept: Int, linksByIoU: [Int], bytesIn: Int, bytesOut: Int
  ) {
    self.windows = windows
    self.droppedForNodata = droppedForNodata
    self.droppedAsConstant = droppedAsConstant
    self.droppedAsAvoided = droppedAsAvoided
    self.droppedAtHoldout = droppedAtHoldout
    self.links = links
    self.linksKept = linksKept
    self.linksByIoU = linksByIoU
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
  }
}
