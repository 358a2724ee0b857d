// The chips of one shard as planning hands them to writing. Bytes of our own between two stages of
// one release.

import Basics
import Imagery

/// A window's upper left pixel in its scene.
struct WindowPlace: Hashable {
  let column: Int
  let row: Int
}

/// Everything that a shard's file needs, but the payloads.
struct ShardSection: Hashable {
  /// Numbers in the dataset: own chips, then copies.
  var ids: [Int] = []
  var chips: [ScannedChip] = []
  var ownCount = 0
  /// Of each own chip the windows of its scene whose pixels the statistics have already.
  var earlier: [[WindowPlace]] = []
  /// Of each own chip; neighbours are indices into `ids`.
  var links: [[NeighbourLink]] = []

  func write(to writer: inout LittleEndianWriter) {
    writer.write(UInt32(ids.count))
    writer.write(UInt32(ownCount))
    for (id, chip) in zip(ids, chips) {
      writer.write(UInt32(id))
      chip.write(to: &writer)
    }
    for own in 0..<ownCount {
      writer.write(UInt32(earlier[own].count))
      for place in earlier[own] {
        writer.write(UInt32(place.column))
        writer.write(UInt32(place.row))
      }
      writer.write(UInt32(links[own].count))
      for link in links[own] {
        writer.write(UInt32(link.chip))
        writer.write(link.intersectionOverUnion)
        writer.write(UInt8(link.placement == nil ? 0 : 1))
        for number in link.placement?.numbers ?? [] { writer.write(number) }
      }
    }
  }

  init() {}

  /// - Throws: `LittleEndianReader.Exhausted` for fewer bytes, and nil links' targets are the
  ///   caller's to check.
  init(from bytes: UnsafeRawBufferPointer) throws(LittleEndianReader.Exhausted) {
    var reader = LittleEndianReader(bytes)
    let count = Int(try reader.readUInt32())
    ownCount = Int(try reader.readUInt32())
    guard ownCount <= count, count * ScannedChip.recordBytes <= bytes.count else {
      throw LittleEndianReader.Exhausted()
    }
    for _ in 0..<count {
      ids.append(Int(try reader.readUInt32()))
      chips.append(try ScannedChip(from: &reader))
    }
    for own in 0..<ownCount {
      earlier.append([])
      for _ in 0..<(try reader.readUInt32()) {
        earlier[own].append(
          WindowPlace(column: Int(try reader.readUInt32()), row: Int(try reader.readUInt32())))
      }
      links.append([])
      for _ in 0..<(try reader.readUInt32()) {
        links[own].append(try Self.link(from: &reader, below: count))
      }
    }
  }

  private static func link(
    from reader: inout LittleEndianReader, below count: Int
  ) throws(LittleEndianReader.Exhausted) -> NeighbourLink {
    let chip = Int(try reader.readUInt32())
    let overlap = try reader.readFloat()
    guard chip < count else { throw LittleEndianReader.Exhausted() }
    guard try reader.readUInt8() != 0 else {
      return NeighbourLink(chip: chip, intersectionOverUnion: overlap)
    }
    let placement = AffineTransform(
      originX: try reader.readDouble(), columnX: try reader.readDouble(),
      rowX: try reader.readDouble(), originY: try reader.readDouble(),
      columnY: try reader.readDouble(), rowY: try reader.readDouble())
    return NeighbourLink(chip: chip, intersectionOverUnion: overlap, placement: placement)
  }
}

/// What planning decided: the content of `plan.json`.
struct DatasetPlan: Hashable, Codable {
  /// A shard that is to be written.
  struct Shard: Hashable, Codable {
    let name: String
    let isForTraining: Bool
    /// Its section in the file of sections.
    let offset: Int
    let bytes: Int
    /// Of the section.
    let digest: Digest

    /// The bytes of its section among those of all; nil where they are not what they were.
    func section(in all: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
      guard offset >= 0, bytes >= 0, bytes <= all.count, offset <= all.count - bytes else {
        return nil
      }
      let section = UnsafeRawBufferPointer(rebasing: all[offset..<offset + bytes])
      return Digest(of: section) == digest ? section : nil
    }
  }

  var shards: [Shard] = []
  var windows = 0
  var droppedForNodata = 0
  var droppedAsConstant = 0
  var droppedAsAvoided = 0
  var droppedAtHoldout = 0
  /// As in `IngestSummary`.
  var linksByIoU = [Int](repeating: 0, count: 11)
  var linksKept = 0
  /// Of each scene.
  var chips: [Int] = []
}
