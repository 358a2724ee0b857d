// What depends on a pixel's number format: nodata. Raw bytes are bound to the type
// that the raster or the layout says they have.

import Imagery

extension PixelType {
  /// Marks as invalid the pixels of one band that are nodata, NaN or infinite.
  func clearInvalid(
    _ values: UnsafeRawBufferPointer, nodata: Double?,
    in validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    switch self {
    case .uint8: Self.clear(values, equalTo: nodata.flatMap { UInt8(exactly: $0) }, in: validity)
    case .uint16: Self.clear(values, equalTo: nodata.flatMap { UInt16(exactly: $0) }, in: validity)
    case .int16: Self.clear(values, equalTo: nodata.flatMap { Int16(exactly: $0) }, in: validity)
    case .float32:
      Self.clear(values, equalTo: nodata.map { Float($0) }, in: validity)
      let band = values.assumingMemoryBound(to: Float.self)
      for index in band.indices where !band[index].isFinite { validity[index] = 0 }
    }
  }

  /// A nodata value that the type cannot hold hides nothing.
  private static func clear<Value: Equatable>(
    _ values: UnsafeRawBufferPointer, equalTo nodata: Value?,
    in validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    guard let nodata else { return }
    let band = values.assumingMemoryBound(to: Value.self)
    for index in band.indices where band[index] == nodata { validity[index] = 0 }
  }
}
