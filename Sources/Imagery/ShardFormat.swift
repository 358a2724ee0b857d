// The shard file, format version 2. All numbers are little-endian; offsets are from the start of
// the file.
//
//   header, 64 bytes
//      0  8 bytes  "TRNSHARD"
//      8  u32      format version
//     12  u32      CRC-32 (zlib's) of bytes 16 ..< directory size
//     16  u64      directory size: all before the payloads; the first payload begins here
//     24  u64      file size
//     32  u32      chip side in pixels
//     36  u32      bands
//     40  u32      pixel type: 1 uint8, 2 uint16, 3 int16, 4 float32
//     44  u32      chips, border copies included; the copies come last
//     48  u32      border copies
//     52  u32      links
//     56  u32      scenes
//     60  u32      placements
//   index, 176 bytes per chip
//      0  u32      chip number in the dataset
//      4  u32      scene, an index into the scenes below
//      8  u32 × 2  column and row of the chip's upper left pixel in its scene
//     16  f64 × 4  footprint in map coordinates: left, top, right, bottom
//     48  f64 × 4  bounds on WGS 84: west, south, east, north
//     80  f64 × 8  corners on WGS 84: longitude and latitude of the upper left one, then clockwise
//    144  f64      share of valid pixels
//    152  u32      flags: bit 0 is set for a border copy
//    156  u32      CRC-32 of the payload
//    160  u64      offset of the payload
//    168  u32      bytes of the pixels as stored
//    172  u32      bytes of the validity mask as stored; 0 when every pixel is valid
//   links, in compressed sparse rows
//         u32 × (chips + 1)     row starts: chip i links to entries start[i] ..< start[i+1]
//         (u32, f32, u32) × links
//                               neighbour (an index into the shard), IoU of the footprints, and
//                               where the neighbour lies in this chip's map: 0 where its own
//                               footprint says it, else the number of a placement, from 1; by
//                               neighbour
//     A border copy's row is empty. No chip lists itself, though every chip counts as its own
//     neighbour.
//   placements
//         f64 × 6 each: from the neighbour's columns and rows, counted from the corner of its upper
//                       left pixel, to this chip's map: x = [0] + [1] · column + [2] · row,
//                       y = [3] + [4] · column + [5] · row
//   bands
//         text, text, f64 × 3 each: name, unit ("" when unknown), wavelength in micrometres (0 when
//                       unknown), scale and offset; a value means (value · scale + offset) units
//   scenes
//         text, text, text, f64 × 6 each: name, CRS (WKT 2), acquisition ("" when unknown; ISO
//                       8601, UTC), and the scene's map by column and row as in placements
//     A text is a u32, its byte count, and that many bytes of UTF-8.
//   payloads, in the order of the chips, back to back
//     The pixels, band after band, row-major, their bytes sorted into planes over the whole chip
//     (all lowest bytes, then all next ones, …), as one LZ4 block; then, when the chip has invalid
//     pixels, the validity mask (side × side bytes: 1 valid, 0 not) as one LZ4 block. Either is
//     stored as it is when LZ4 does not make it shorter: its stored size then equals its plain
//     size. Invalid pixels are 0 in every band.
//
// The header is written last: a file whose writing was cut off does not begin with the magic bytes.

/// Where a chip's payload lies and what guards it.
package struct StoredPayload: Hashable, Sendable {
  package var offset = 0
  /// Pixels as stored.
  package var pixelBytes = 0
  /// The mask as stored; 0 when every pixel is valid.
  package var maskBytes = 0
  package var checksum: UInt32 = 0

  package init() {}

  package init(offset: Int, pixelBytes: Int, maskBytes: Int, checksum: UInt32) {
    self.offset = offset
    self.pixelBytes = pixelBytes
    self.maskBytes = maskBytes
    self.checksum = checksum
  }

  package var byteCount: Int { pixelBytes + maskBytes }
}

enum ShardFormat {
  static let magic: [UInt8] = Array("TRNSHARD".utf8)
  static let version: UInt32 = 2
  static let headerBytes = 64
  /// The checksum of the directory covers what follows it.
  static let checkedFrom = 16
  /// Where the header goes on behind its sizes: with the chips' side.
  static let sidesFrom = 32
  static let recordBytes = 176
  static let linkBytes = 12
  static let transformBytes = 48
  /// Of a band, or of a scene, beside its texts.
  static let leastBandBytes = 32
  static let leastSceneBytes = 60
  static let borderCopyFlag: UInt32 = 1
}

/// Everything in a shard but the pixels.
public struct ShardDirectory: Hashable, Sendable {
  /// What every chip looks like.
  public let layout: ChipLayout
  /// What the values of each band mean.
  public let bands: [BandMeaning]
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
  /// - Precondition: rows and chips agree, neighbours and scenes exist, no chip links to itself; as
  ///   many bands as the layout has.
  package init(
    layout: ChipLayout, bands: [BandMeaning], scenes: [SceneReference], chips: [ChipRecord],
    links: [[NeighbourLink]]
  ) {
    precondition(links.count == chips.count && !chips.isEmpty)
    precondition(bands.count == layout.bandCount)
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
      layout: layout, bands: bands, scenes: scenes, chips: chips, rowStarts: rowStarts,
      links: links.flatMap { $0 }, ownChipCount: ownChipCount)
  }

  init(
    layout: ChipLayout, bands: [BandMeaning], scenes: [SceneReference], chips: [ChipRecord],
    rowStarts: [Int], links: [NeighbourLink], ownChipCount: Int
  ) {
    self.layout = layout
    self.bands = bands
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

  /// Links to neighbours whose own footprint does not say where they lie.
  package var placementCount: Int { links.count { $0.placement != nil } }

  /// Bytes of header, index, links, placements, bands and scenes.
  var byteCount: Int {
    let bandBytes = bands.reduce(0) {
      $0 + ShardFormat.leastBandBytes + $1.name.utf8.count + ($1.unit ?? "").utf8.count
    }
    let sceneBytes = scenes.reduce(0) {
      $0 + ShardFormat.leastSceneBytes + $1.name.utf8.count + $1.crs.utf8.count
        + ($1.acquired?.description ?? "").utf8.count
    }
    return ShardFormat.headerBytes + chips.count * ShardFormat.recordBytes + rowStarts.count * 4
      + links.count * ShardFormat.linkBytes + placementCount * ShardFormat.transformBytes
      + bandBytes + sceneBytes
  }
}
