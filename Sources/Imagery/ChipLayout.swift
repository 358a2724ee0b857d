// What the pixels of a chip look like in memory and on disk. Not where the chip lies: see
// `ChipRecord`.

/// The number formats of pixels, kept as the scenes have them.
public enum PixelType: String, CaseIterable, Sendable, Codable {
  case uint8
  case uint16
  case int16
  case float32

  /// Bytes of one value.
  public var byteCount: Int {
    switch self {
    case .uint8: 1
    case .uint16, .int16: 2
    case .float32: 4
    }
  }

  /// The number that stands for the type in a shard: part of the format, never renumbered.
  var code: UInt32 {
    switch self {
    case .uint8: 1
    case .uint16: 2
    case .int16: 3
    case .float32: 4
    }
  }

  init?(code: UInt32) {
    guard let type = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = type
  }
}

/// Side, bands and type of every chip of a dataset. Pixels are band-sequential: (bands, side,
/// side), row-major, little-endian. Validity is (side, side), a byte a pixel: 1 where every band is
/// valid, else 0.
public struct ChipLayout: Hashable, Sendable {
  /// The longest side, in pixels.
  public static let largestSide = 8192
  /// The most bands.
  public static let largestBandCount = 4096
  /// The most bytes that a chip's pixels may take.
  public static let largestPixelBytes = 1 << 30

  /// Pixels along one side.
  public let side: Int
  /// Bands of each pixel.
  public let bandCount: Int
  /// The format of the values.
  public let pixelType: PixelType

  /// Nil when a value is not positive or beyond its limit.
  public init?(side: Int, bandCount: Int, pixelType: PixelType) {
    guard (1...Self.largestSide).contains(side), (1...Self.largestBandCount).contains(bandCount),
      side * side * bandCount * pixelType.byteCount <= Self.largestPixelBytes
    else { return nil }
    self.side = side
    self.bandCount = bandCount
    self.pixelType = pixelType
  }

  /// Pixels of one band, and bytes of the validity mask.
  public var pixelsPerBand: Int { side * side }
  /// Bytes of all pixels.
  public var pixelBytes: Int { pixelsPerBand * bandCount * pixelType.byteCount }
}
