// Shards that are not, or no longer, what the dataset says.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Shards that are not what they were") struct ShardChangeTests {
  private let folder: TemporaryFolder
  private let sample = ShardSample(.uint16)
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("training-00000.shard")
    try sample.write(to: path)
  }

  /// A dataset of the one shard as it was first.
  private func dataset() throws -> Dataset {
    let shard = try ShardFile(path)
    let entry = ShardDescription(
      file: "training-00000.shard", chips: 2, borderChips: 1, links: 3, bytes: shard.byteCount,
      digest: try shard.digest())
    let bands = ["red", "nir"].map { name in
      BandDescription(
        name: name, count: 1, mean: 0, standardDeviation: 1, minimum: 0, maximum: 1)
    }
    let description = DatasetDescription(
      chipSide: 16, stride: 12, pixelType: .uint16, bands: bands,
      referenceSystems: [], scenes: [],
      trainingShards: [entry], holdoutShards: [],
      summary: IngestSummary(
        windows: 3, droppedForNodata: 0, droppedAtHoldout: 0, links: 2, linksKept: 2,
        linksByIoU: [], bytesIn: 0, bytesOut: 0))
    try Files.writeDurably(try description.json(), to: folder.file("dataset.json"))
    return try Dataset(folder: folder.path)
  }

  @Test("Other pixels under right checksums are refused by their digest, which names both")
  func changedPixels() throws {
    let dataset = try dataset()
    let expected = try dataset.openShard(ShardID(0)).digest()
    try sample.write(to: path, pixelsOf: [2, 1, 0])
    let changed = try ShardFile(path)
    // Nothing but the digest can tell: size, directory and every chip's checksum are right.
    #expect(changed.byteCount == dataset.description[ShardID(0)].bytes)
    for chip in 0..<3 { try changed.decode(chip: chip, into: ChipBuffer(changed.layout)) }
    #expect(
      throws: ShardError.differsFromDataset(
        path: path, what: "digest", expected: "\(expected)", found: "\(try changed.digest())")
    ) { try dataset.openShard(ShardID(0)) }
  }

  @Test("A shard is read whole at its first opening, and not again while its file is the same")
  func readOnce() throws {
    let dataset = try dataset()
    var bytes = 0
    let first = try dataset.openShard(ShardID(0)) { bytes += $0 }
    #expect(bytes == first.byteCount)
    _ = try dataset.openShard(ShardID(0), knownSound: first.stamp) { bytes += $0 }
    #expect(bytes == first.byteCount)
    try sample.write(to: folder.file("new"))
    try Files.rename(folder.file("new"), to: path)
    _ = try dataset.openShard(ShardID(0), knownSound: first.stamp) { bytes += $0 }
    #expect(bytes == 2 * first.byteCount)
  }

  @Test("A shard that is shortened or written to under a reader is an error of that reader")
  func changedInPlace() throws {
    let buffer = ChipBuffer(sample.layout)
    // What is written within a tick of the kernel's clock leaves no mark; nobody copies a shard so
    // soon.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: path)
    let shard = try ShardFile(path)
    try shard.decode(chip: 2, into: buffer)
    let whole = try readBytes(path)
    #expect(truncate(path, off_t(whole.count - 100)) == 0)
    for chip in 0..<3 {
      #expect(throws: ShardError.changedMeanwhile(path: path)) {
        try shard.decode(chip: chip, into: buffer)
      }
    }
    #expect(throws: ShardError.changedMeanwhile(path: path)) { try shard.digest() }
    try writeBytes(whole, path)
    try ShardFile(path).decode(chip: 2, into: buffer)
    #expect(throws: ShardError.changedMeanwhile(path: path)) {
      try shard.decode(chip: 0, into: buffer)
    }
  }

  @Test("A shard that is replaced or removed under a reader can be read on")
  func replaced() throws {
    let buffer = ChipBuffer(sample.layout)
    let shard = try ShardFile(path)
    try sample.write(to: folder.file("new"), pixelsOf: [2, 1, 0])
    try Files.rename(folder.file("new"), to: path)
    try shard.decode(chip: 0, into: buffer)
    #expect(buffer.copiedPixels == sample.pixels(0))
    try Files.remove(path)
    try shard.decode(chip: 0, into: buffer)
  }
}
