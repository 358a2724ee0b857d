// Small shards for the tests of this folder.

import Basics
import Imagery

/// A shard of two own chips and one border copy in a row, each touching the next; side 16, two
/// bands.
struct ShardSample {
  static let side = 16
  static let bandCount = 2
  let layout: ChipLayout

  init(_ type: PixelType) {
    layout = ChipLayout(side: Self.side, bandCount: Self.bandCount, pixelType: type)!
  }

  static func footprint(_ chip: Int) -> Footprint {
    let left = 160.0 * Double(chip)
    return Footprint(left: left, top: 1000, right: left + 160, bottom: 840)
  }

  static let corners = GeographicCorners(
    upperLeft: GeographicPoint(longitude: -54, latitude: -25.9),
    upperRight: GeographicPoint(longitude: -53.9, latitude: -25.9),
    lowerRight: GeographicPoint(longitude: -53.9, latitude: -26),
    lowerLeft: GeographicPoint(longitude: -54, latitude: -26))

  static let scene = SceneReference(
    name: "scene.tif", crs: "LOCAL[\"a map\"]",
    transform: AffineTransform(
      originX: 0, columnX: 10, rowX: 0, originY: 1000, columnY: 0, rowY: -10),
    acquired: AcquisitionTime("2020-05-18T13:52:11Z"))

  static let bands = [
    BandMeaning(name: "red", unit: "reflectance", wavelength: 0.665, scale: 0.0001, offset: -0.1),
    BandMeaning(name: "near infrared"),
  ]

  /// Of chip 2 on the map of chip 1: turned a little.
  static let placement = AffineTransform(
    originX: 300, columnX: 9.9, rowX: 0.5, originY: 1005, columnY: -0.5, rowY: -9.9)

  var directory: ShardDirectory {
    let records = (0..<3).map { chip in
      ChipRecord(
        id: ChipID(index: 40 + chip), scene: 0, column: chip * 16, row: 0,
        footprint: Self.footprint(chip),
        bounds: GeographicBounds(west: -54, south: -26, east: -53.9, north: -25.9),
        corners: Self.corners, isBorderCopy: chip == 2)
    }
    return ShardDirectory(
      layout: layout, bands: Self.bands, scenes: [Self.scene], chips: records,
      links: [
        [NeighbourLink(chip: 1, intersectionOverUnion: 0)],
        [
          NeighbourLink(chip: 0, intersectionOverUnion: 0),
          NeighbourLink(chip: 2, intersectionOverUnion: 0.25, placement: Self.placement),
        ], [],
      ])
  }

  /// Smooth for chips 0 and 1, noise that LZ4 cannot shorten for chip 2.
  func pixels(_ chip: Int) -> [UInt8] {
    var random = CounterRandom(seed: 5, purpose: .simulation, UInt32(chip))
    return (0..<layout.pixelBytes).map { index in
      switch (chip, layout.pixelType) {
      case (2, .float32): index % 4 == 3 ? 0x3F : UInt8(random.index(below: 256))
      case (2, _): UInt8(random.index(below: 256))
      default: UInt8(truncatingIfNeeded: index / 64 % 100 + chip)
      }
    }
  }

  /// Chip 1 has one invalid pixel, at (row 2, column 3).
  func validity(_ chip: Int) -> [UInt8] {
    var mask = [UInt8](repeating: 1, count: layout.pixelsPerBand)
    if chip == 1 { mask[2 * Self.side + 3] = 0 }
    return mask
  }

  /// - Parameter order: whose pixels and validity each chip has.
  func write(to path: String, pixelsOf order: [Int] = [0, 1, 2]) throws {
    var writer = try ShardWriter(creating: path, directory)
    for chip in order {
      try pixels(chip).withUnsafeBytes { pixels in
        try validity(chip).withUnsafeBufferPointer {
          try writer.append(pixels: pixels, validity: $0)
        }
      }
    }
    _ = try writer.finish()
  }
}

/// One chip of side `side` whose pixels a test chooses, in a shard of its own.
func writeChip(
  side: Int, bandCount: Int, type: PixelType, pixels: [UInt8], validity: [UInt8]? = nil,
  to path: String
) throws -> ShardFile {
  let layout = ChipLayout(side: side, bandCount: bandCount, pixelType: type)!
  let record = ChipRecord(
    id: ChipID(0), scene: 0, column: 0, row: 0,
    footprint: Footprint(left: 0, top: Double(side), right: Double(side), bottom: 0),
    bounds: GeographicBounds(west: 0, south: 0, east: 1, north: 1), corners: ShardSample.corners,
    isBorderCopy: false)
  var writer = try ShardWriter(
    creating: path,
    ShardDirectory(
      layout: layout, bands: (0..<bandCount).map { BandMeaning(name: "band \($0 + 1)") },
      scenes: [ShardSample.scene], chips: [record], links: [[]]))
  let mask = validity ?? [UInt8](repeating: 1, count: side * side)
  try pixels.withUnsafeBytes { pixels in
    try mask.withUnsafeBufferPointer { try writer.append(pixels: pixels, validity: $0) }
  }
  _ = try writer.finish()
  return try ShardFile(path)
}

/// The little-endian bytes of values.
func bytes<Value: BitwiseCopyable>(_ values: [Value]) -> [UInt8] {
  values.withUnsafeBytes { Array($0) }
}

func readBytes(_ path: String) throws -> [UInt8] {
  let file = try MappedFile(path)
  return withExtendedLifetime(file) { Array(file.bytes) }
}

func writeBytes(_ bytes: [UInt8], _ path: String) throws {
  let writer = try FileWriter(creating: path)
  try writer.write(bytes)
}

/// CRC-32 by its definition, to give damaged directories a right checksum.
func definedCRC32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var crc = ~UInt32(0)
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return ~crc
}
