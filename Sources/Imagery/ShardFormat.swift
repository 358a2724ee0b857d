// The shard file, format version 1. All numbers are little-endian; offsets are from the start of
// the file.
//
//   header, 64 bytes
//      0  8 bytes  "TRNSHARD"
//      8  u32      format version
//     12  u32      CRC-32 (zlib's) of bytes 16 ..< directory size
//     16  u64      directory size: header, index, links and scenes; the first payload begins here
//     24  u64      file size
//     32  u32      chip side in pixels
//     36  u32      bands
//     40  u32      pixel type: 1 uint8, 2 uint16, 3 int16, 4 float32
//     44  u32      chips, border copies included; the copies come last
//     48  u32      border copies
//     52  u32      links
//     56  u32      scenes
//     60  u32      0
//   index, 112 bytes per chip
//      0  u32      chip number in the dataset
//      4  u32      scene, an index into the scenes below
//      8  u32 × 2  column and row of the chip's upper left pixel in its scene
//     16  f64 × 4  footprint in map coordinates: left, top, right, bottom
//     48  f64 × 4  bounds on WGS 84: west, south, east, north
//     80  f64      share of valid pixels
//     88  u32      flags: bit 0 is set for a border copy
//     92  u32      CRC-32 of the payload
//     96  u64      offset of the payload
//    104  u32      bytes of the pixels as stored
//    108  u32      bytes of the validity mask as stored; 0 when every pixel is valid
//   links, in compressed sparse rows
//         u32 × (chips + 1)     row starts: chip i links to entries start[i] ..< start[i+1]
//         (u32, f32) × links    neighbour (an index into the shard) and IoU of the footprints,
//                               by neighbour
//     A border copy's row is empty. No chip lists itself, though every chip counts as its own
//     neighbour.
//   scenes
//         u32, UTF-8, u32, UTF-8 each: byte count and text of the name, then of the CRS (WKT 2)
//   payloads, in the order of the chips, back to back
//     The pixels, band after band, row-major, their bytes sorted into planes over the whole chip
//     (all lowest bytes, then all next ones, …), as one LZ4 block; then, when the chip has invalid
//     pixels, the validity mask (side × side bytes: 1 valid, 0 not) as one LZ4 block. Either is
//     stored as it is when LZ4 does not make it shorter: its stored size then equals its plain
//     size. Invalid pixels are 0 in every band.
//
// The header is written last: a file whose writing was cut off does not begin with the magic bytes.

/// Where a chip's payload lies and what guards it.
struct StoredPayload: Hashable, Sendable {
  var offset = 0
  /// Pixels and mask as stored.
  var pixelBytes = 0
  var maskBytes = 0
  var checksum: UInt32 = 0

  var byteCount: Int { pixelBytes + maskBytes }
}

enum ShardFormat {
  static let magic: [UInt8] = Array("TRNSHARD".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 64
  /// The checksum of the directory covers what follows it.
  static let checkedFrom = 16
  /// Where the header goes on behind its sizes: with the chips' side.
  static let sidesFrom = 32
  static let recordBytes = 112
  static let linkBytes = 8
  static let borderCopyFlag: UInt32 = 1
}

/// Everything in a shard but the pixels.
public struct ShardDirectory: Hashable, Sendable {
  /// What every chip looks like.
  public let layout: ChipLayout
  /// The scenes that the chips were cut from.
  public let scenes: [SceneReference]
  /// The shard's own chips first, then the border copies.
  public internal(set) var chips: [ChipRecord]
  /// Links of chip i: `links[rowStarts[i]..<rowStarts[i + 1]]`.
  let rowStarts: [Int]
  let links: [NeighbourLink]
  /// Chips that belong to this shard: indices below this; copies have the others.
  public let ownChipCount: Int

  /// - Parameters:
  ///   - chips: own chips first, then border copies.
  ///   - links: a row for each chip, ordered by neighbour; empty for a copy.
  /// - Precondition: rows and chips agree, neighbours and scenes exist, no chip links to itself.
  package init(
    layout: ChipLayout, scenes: [SceneReference], chips: [ChipRecord], links: [[NeighbourLink]]
  ) {
    precondition(links.count == chips.count && !chips.isEmpty)
    let ownChipCount = chips.prefix { !$0.isBorderCopy }.count
    precondition(chips[ownChipCount...].allSatisfy(\.isBorderCopy))
    precondition(links[ownChipCount...].allSatisfy(\.isEmpty))
    precondition(chips.allSatisfy { scenes.indices.contains($0.scene) && $0.footprint.isProper })
    var rowStarts = [0]
    for (chip, row) in links.enumerated() {
      precondition(row.allSatisfy { chips.indices.contains($0.chip) && $0.chip != chip })
      rowStarts.append(rowStarts[chip] + row.count)
    }
    self.init(
      layout: layout, scenes: scenes, chips: chips, rowStarts: rowStarts,
      links: links.flatMap { $0 }, ownChipCount: ownChipCount)
  }

  init(
    layout: ChipLayout, scenes: [SceneReference], chips: [ChipRecord], rowStarts: [Int],
    links: [NeighbourLink], ownChipCount: Int
  ) {
    self.layout = layout
    self.scenes = scenes
    self.chips = chips
    self.rowStarts = rowStarts
    self.links = links
    self.ownChipCount = ownChipCount
  }

  /// Links of the shard's own chips, each counted at both ends when both are its own.
  public var linkCount: Int { links.count }

  /// The neighbours of a chip in this shard, ordered by index; never the chip itself. All of them
  /// for an own chip, none for a border copy.
  public func neighbours(of chip: Int) -> ArraySlice<NeighbourLink> {
    links[rowStarts[chip]..<rowStarts[chip + 1]]
  }

  /// Bytes of header, index, links and scenes.
  var byteCount: Int {
    ShardFormat.headerBytes + chips.count * ShardFormat.recordBytes + rowStarts.count * 4
      + links.count * ShardFormat.linkBytes
      + scenes.reduce(0) { $0 + 8 + $1.name.utf8.count + $1.crs.utf8.count }
  }
}
