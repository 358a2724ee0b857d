// A folder with dataset.json and shards, as terrane-ingest leaves it.

import Basics
import Foundation

/// A dataset's folder, whose description is known to be sound; or several of them as one. Shards
/// are opened when they are asked for, and a machine need not hold all of them.
public struct Dataset: Sendable {
  /// The file that makes a folder a dataset.
  public static let descriptionName = "dataset.json"
  /// The folder with the descriptions of earlier versions: `<digest>.json` each. Their shards lie
  /// beside those of the newest version.
  public static let versionsName = "versions"

  /// The folder's path; of several datasets those of all, with commas between them.
  public let folder: String
  /// What `dataset.json` says.
  public let description: DatasetDescription
  /// Of the description; two machines with equal digests train on the same data.
  public let digest: Digest
  /// The digests of the datasets that this one consists of, in their order: one for one folder.
  public let partDigests: [Digest]
  /// What every chip looks like.
  public let layout: ChipLayout
  /// The folder of each shard, in the order of their numbers.
  private let shardFolders: [String]

  /// Reads and checks `dataset.json`.
  /// - Throws: `DatasetError`, `FileError`.
  public init(folder: String) throws {
    let path = folder + "/" + Self.descriptionName
    guard Files.exists(path) else { throw DatasetError.noDescription(folder: folder) }
    try self.init(folder: folder, path: path)
  }

  /// Reads and checks the version of a dataset that has this digest, the newest or an earlier one.
  /// - Throws: `DatasetError`, `FileError`.
  public init(folder: String, digest: Digest) throws {
    let newest = try? Dataset(folder: folder)
    if let newest, newest.digest == digest {
      self = newest
      return
    }
    let path = "\(folder)/\(Self.versionsName)/\(digest).json"
    guard Files.exists(path) else {
      // What is wrong with the newest one is the better answer.
      _ = try Dataset(folder: folder)
      throw DatasetError.noVersion(folder: folder, digest: digest)
    }
    try self.init(folder: folder, path: path)
    guard self.digest == digest else {
      throw DatasetError.malformed(path: path, what: "its digest is \(self.digest)")
    }
  }

  private init(folder: String, path: String) throws {
    let text = try Files.readText(path, limitBytes: 256 << 20)
    description = try Self.decode(text, path: path)
    layout = try Self.checkedLayout(of: description, path: path)
    digest = try description.digest()
    partDigests = [digest]
    self.folder = folder
    shardFolders = [String](repeating: folder, count: description.shardCount)
  }

  /// Several datasets as one whose description was merged from theirs.
  /// - Parameter shardFolders: of each shard of the description, in the order of their numbers.
  init(merging parts: [Dataset], as description: DatasetDescription, shardFolders: [String]) {
    precondition(!parts.isEmpty && shardFolders.count == description.shardCount)
    self.description = description
    layout = parts[0].layout
    partDigests = parts.flatMap(\.partDigests)
    digest = Digest(of: partDigests)
    folder = parts.map(\.folder).joined(separator: ", ")
    self.shardFolders = shardFolders
  }

  /// The digests of the earlier versions that a folder describes, in the order of their names; what
  /// is not named like one is passed over.
  /// - Throws: `FileError`.
  public static func earlierVersions(folder: String) throws -> [Digest] {
    let path = folder + "/" + versionsName
    guard Files.exists(path) else { return [] }
    return try Files.list(path).compactMap { name in
      name.hasSuffix(".json") ? Digest(String(name.dropLast(".json".count))) : nil
    }
  }

  /// The folder in which a shard belongs.
  /// - Precondition: `id` is below the number of shards.
  func folder(of id: ShardID) -> String { shardFolders[id.index] }

  /// Where a shard lies, whether or not it is there.
  /// - Precondition: `id` is below the number of shards.
  public func path(of id: ShardID) -> String { folder(of: id) + "/" + description[id].file }

  /// Opens a shard and checks that it is the one described: it is read from end to end, unless it
  /// is known to be.
  /// - Parameters:
  ///   - id: its number in the dataset.
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
    description.shardIDs.filter { Files.exists(path(of: $0)) }
  }

  /// Opens a shard and checks everything but its digest, for which all of it would be read.
  /// - Throws: `DatasetError`, `ShardError`, `FileError`.
  /// - Precondition: `id` is below the number of shards.
  package func openUnread(_ id: ShardID) throws -> ShardFile {
    let expected = description[id]
    let path = path(of: id)
    guard Files.exists(path) else {
      throw DatasetError.missingShard(folder: folder(of: id), file: expected.file)
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
}
