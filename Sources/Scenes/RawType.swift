// Number formats that rasters store, wider than those that chips hold: what is nodata in each, as
// GDAL's mask bands have it, and the way into a chip's format without loss.

import CGDAL
import Imagery

/// A stored number, as validity and conversion see it.
protocol RawNumber: BitwiseCopyable {
  /// The value as GDAL's masks compare it; nil for a nodata value that this type cannot hold.
  static func nodata(_ value: Double) -> Self?
  /// Whether a stored number is that nodata value for GDAL.
  func isSame(as nodata: Self) -> Bool
  /// False for NaN and infinite numbers.
  var isRegular: Bool { get }
  var asDouble: Double { get }
  /// Nil for what 32 bits cannot hold exactly.
  var asExactFloat: Float? { get }
}

extension RawNumber where Self: FixedWidthInteger {
  // GDAL cuts off decimals; what lies outside of the type hides nothing.
  static func nodata(_ value: Double) -> Self? {
    let whole = value.rounded(.towardZero)
    return whole >= Double(Self.min) && whole <= Double(Self.max) ? Self(whole) : nil
  }
  func isSame(as nodata: Self) -> Bool { self == nodata }
  var isRegular: Bool { true }
  var asExactFloat: Float? { asDouble.asExactFloat }
}

// Conversions of types that are known are single instructions; those of any integer are not.
extension UInt8: RawNumber { var asDouble: Double { Double(self) } }
extension Int8: RawNumber { var asDouble: Double { Double(self) } }
extension UInt16: RawNumber { var asDouble: Double { Double(self) } }
extension Int16: RawNumber { var asDouble: Double { Double(self) } }
extension UInt32: RawNumber { var asDouble: Double { Double(self) } }
extension Int32: RawNumber { var asDouble: Double { Double(self) } }

/// GDAL's ARE_REAL_EQUAL: two units in the last place of 32 bits, whatever the type. Sums that
/// overflow make neighbours of ±3.4e38 and the largest number, as they do there.
private func areRealEqual<Real: BinaryFloatingPoint>(_ a: Real, _ b: Real) -> Bool {
  a == b || abs(a - b) < Real(Float.ulpOfOne) * abs(a + b) * 2
}

extension Float: RawNumber {
  static func nodata(_ value: Double) -> Float? { Float(value) }
  func isSame(as nodata: Float) -> Bool { areRealEqual(self, nodata) }
  var isRegular: Bool { isFinite }
  var asDouble: Double { Double(self) }
  var asExactFloat: Float? { self }
}

extension Double: RawNumber {
  static func nodata(_ value: Double) -> Double? { value }
  func isSame(as nodata: Double) -> Bool { areRealEqual(self, nodata) }
  var isRegular: Bool { isFinite }
  var asDouble: Double { self }
  var asExactFloat: Float? {
    let float = Float(self)
    return Double(float) == self || isNaN ? float : nil
  }
}

/// A number format of a raster.
enum RawType: Sendable {
  case uint8, int8, uint16, int16, uint32, int32, float32, float64

  /// Nil for formats that are not read: complex ones and integers of 64 bits.
  /// - Parameter isSignedByte: of bytes, whether the raster says that they have a sign.
  init?(_ type: GDALDataType, isSignedByte: Bool) {
    switch type {
    case GDT_Byte: self = isSignedByte ? .int8 : .uint8
    case GDT_UInt16: self = .uint16
    case GDT_Int16: self = .int16
    case GDT_UInt32: self = .uint32
    case GDT_Int32: self = .int32
    case GDT_Float32: self = .float32
    case GDT_Float64: self = .float64
    default: return nil
    }
  }

  /// GDAL's format for a buffer of these numbers. Bytes with a sign are bytes there.
  var gdalType: GDALDataType {
    switch self {
    case .uint8, .int8: GDT_Byte
    case .uint16: GDT_UInt16
    case .int16: GDT_Int16
    case .uint32: GDT_UInt32
    case .int32: GDT_Int32
    case .float32: GDT_Float32
    case .float64: GDT_Float64
    }
  }

  var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .float64: 8
    }
  }

  /// The smallest format of chips that takes the numbers. Those of 32-bit integers and 64-bit
  /// floats go into float32 where it holds them exactly, which is seen when they are read.
  var pixelType: PixelType {
    switch self {
    case .uint8: .uint8
    case .uint16: .uint16
    case .int8, .int16: .int16
    case .uint32, .int32, .float32, .float64: .float32
    }
  }

  /// Whether stored bytes are those of the chip's format.
  func isStored(as pixelType: PixelType) -> Bool {
    switch (self, pixelType) {
    case (.uint8, .uint8), (.uint16, .uint16), (.int16, .int16), (.float32, .float32): true
    default: false
    }
  }

  /// The smallest format of chips that takes the numbers of all.
  static func pixelType(of types: [RawType]) -> PixelType {
    let formats = types.map(\.pixelType)
    guard let first = formats.first else { return .uint8 }
    return formats.dropFirst().reduce(first) { a, b in
      switch (a, b) {
      case _ where a == b: a
      case (.uint8, let wider), (let wider, .uint8): wider
      default: .float32
      }
    }
  }
}
