// A folder with dataset.json and shards, as terrane-ingest leaves it.

import Basics
import Foundation

/// Why a folder is not a dataset.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  case noDescription(folder: String)
  case unreadableDescription(path: String, what: String)
  case unsupportedVersion(path: String, supported: Int, found: Int)
  case malformed(path: String, what: String)
  case missingShard(folder: String, file: String)

  public var description: String {
    switch self {
    case .noDescription(let folder):
      "\(folder) is not a dataset: it has no \(Dataset.descriptionName). "
        + "Make one with `terrane-ingest \(folder) SCENE…`."
    case .unreadableDescription(let path, let what):
      "\(path) cannot be read: \(what). Run terrane-ingest again."
    case .unsupportedVersion(let path, let supported, let found):
      "\(path) is of format version \(found); this program reads version \(supported). "
        + "Make the dataset again with the terrane-ingest of this version."
    case .malformed(let path, let what):
      "\(path) is malformed: \(what). Run terrane-ingest again."
    case .missingShard(let folder, let file):
      "the shard \(file) is not in \(folder). Copy it from where the dataset is whole, or run "
        + "terrane-ingest again: the same scenes give the same bytes."
    }
  }
}

/// A dataset's folder, whose description is known to be sound. Shards are opened when they are
/// asked for, and a machine need not hold all of them.
public struct Dataset: Sendable {
  /// The file that makes a folder a dataset.
  public static let descriptionName = "dataset.json"

  /// The folder's path.
  public let folder: String
  /// What `dataset.json` says.
  public let description: DatasetDescription
  /// Of the description; two machines with equal digests train on the same data.
  public let digest: Digest
  /// What every chip looks like.
  public let layout: ChipLayout

  /// Reads and checks `dataset.json`.
  /// - Throws: `DatasetError`, `FileError`.
  public init(folder: String) throws {
    let path = folder + "/" + Self.descriptionName
    guard Files.exists(path) else { throw DatasetError.noDescription(folder: folder) }
    let text = try Files.readText(path, limitBytes: 256 << 20)
    description = try Self.decode(text, path: path)
    layout = try Self.checkedLayout(of: description, path: path)
    digest = try description.digest()
    self.folder = folder
  }

  /// Where a shard lies, whether or not it is there.
  public func path(of shard: ShardDescription) -> String { folder + "/" + shard.file }

  /// Opens a shard and checks that it is the one described: it is read from end to end, unless it
  /// is known to be.
  /// - Parameters:
  ///   - sound: the stamp of a file that was opened by this before.
  ///   - advance: see `ShardFile.digest`.
  /// - Throws: `DatasetError`, `ShardError`, `FileError`; what `advance` throws.
  /// - Precondition: `id` is below the number of shards.
  public func openShard(
    _ id: ShardID, knownSound sound: FileStamp? = nil, advance: (Int) throws -> Void = { _ in }
  ) throws -> ShardFile {
    let expected = description[id]
    let shard = try openUnread(id)
    if shard.stamp == sound { return shard }
    let digest = try shard.digest(advance: advance)
    guard digest == expected.digest else {
      throw ShardError.differsFromDataset(
        path: shard.path, what: "digest", expected: "\(expected.digest)", found: "\(digest)")
    }
    return shard
  }

  /// The shards whose files are in this folder, in the order of their numbers.
  public var presentShards: [ShardID] {
    description.shardIDs.filter { Files.exists(path(of: description[$0])) }
  }

  /// Opens a shard and checks everything but its digest, for which all of it would be read.
  /// - Throws: `DatasetError`, `ShardError`, `FileError`.
  /// - Precondition: `id` is below the number of shards.
  package func openUnread(_ id: ShardID) throws -> ShardFile {
    let expected = description[id]
    let path = path(of: expected)
    guard Files.exists(path) else {
      throw DatasetError.missingShard(folder: folder, file: expected.file)
    }
    let shard = try ShardFile(path)
    func check<Value: Equatable>(_ what: String, _ wanted: Value, _ found: Value) throws {
      if wanted == found { return }
      throw ShardError.differsFromDataset(
        path: path, what: what, expected: "\(wanted)", found: "\(found)")
    }
    try check("size in bytes", expected.bytes, shard.byteCount)
    try check("number of chips", expected.chips, shard.directory.ownChipCount)
    try check(
      "number of chips with copies", expected.chips + expected.borderChips, shard.chips.count)
    try check("number of links", expected.links, shard.directory.linkCount)
    try check("chip side", layout.side, shard.layout.side)
    try check("number of bands", layout.bandCount, shard.layout.bandCount)
    try check("pixel type", layout.pixelType.rawValue, shard.layout.pixelType.rawValue)
    return shard
  }

  private static func decode(_ text: String, path: String) throws -> DatasetDescription {
    struct Version: Decodable { let formatVersion: Int }
    do {
      let version = try JSONDecoder().decode(Version.self, from: Data(text.utf8)).formatVersion
      guard version == DatasetDescription.supportedVersion else {
        throw DatasetError.unsupportedVersion(
          path: path, supported: DatasetDescription.supportedVersion, found: version)
      }
      return try JSONDecoder().decode(DatasetDescription.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw DatasetError.unreadableDescription(path: path, what: error.summary)
    }
  }

  private static func checkedLayout(of description: DatasetDescription, path: String) throws
    -> ChipLayout
  {
    func malformed(_ what: String) -> DatasetError { .malformed(path: path, what: what) }
    guard
      let layout = ChipLayout(
        side: description.chipSide, bandCount: description.bands.count,
        pixelType: description.pixelType)
    else {
      throw malformed(
        "chips of side \(description.chipSide) with \(description.bands.count) bands")
    }
    for band in description.bands {
      guard band.mean.isFinite, band.standardDeviation.isFinite, band.standardDeviation >= 0 else {
        throw malformed("the statistics of band '\(band.name)'")
      }
    }
    for band in description.bands {
      let meaning = [band.wavelength ?? 1, band.scale, band.offset]
      guard meaning.allSatisfy(\.isFinite), band.scale != 0, (band.wavelength ?? 1) > 0,
        max(band.name.utf8.count, (band.unit ?? "").utf8.count) <= BandMeaning.largestTextBytes
      else { throw malformed("what the values of band '\(band.name)' mean") }
    }
    for scene in description.scenes {
      guard description.referenceSystems.indices.contains(scene.referenceSystem),
        scene.transform.isProper, scene.footprint.isProper, scene.corners.isFinite
      else { throw malformed("the entry of scene '\(scene.name)'") }
    }
    for shard in description.shards {
      guard !shard.file.isEmpty, !shard.file.contains("/"), !shard.file.hasPrefix("."),
        shard.chips > 0, shard.borderChips >= 0, shard.links >= 0, shard.bytes > 0,
        shard.chips <= UInt32.max, shard.borderChips <= UInt32.max
      else { throw malformed("the entry of shard '\(shard.file)'") }
    }
    if description.trainingShards.isEmpty { throw malformed("it has no training shards") }
    return layout
  }
}
