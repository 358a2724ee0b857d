// From a raster's number format to a chip's. Raw bytes are bound to the type that the raster or the
// layout says they have.

import Imagery

/// The way of one band's numbers from the raster's format into the chip's.
struct PixelConversion {
  let from: RawType
  let to: PixelType
  /// What physical values need; nil for values as they are stored.
  let scaling: (scale: Double, offset: Double)?
  /// Whether numbers are rounded to float32. Else they must fit exactly.
  let rounds: Bool
  /// Numbers that need not fit, since they are not data.
  let nodata: [Double]

  /// Whether bytes are what they are to be without it.
  var isNone: Bool { scaling == nil && from.isStored(as: to) }

  /// Converts one band.
  /// - Returns: the first number that float32 cannot hold: exactly, or at all after scaling; nil
  ///   when all went well.
  func convert(_ raw: UnsafeRawBufferPointer, into pixels: UnsafeMutableRawBufferPointer) -> Double?
  {
    // Each case is a loop of its own type; a type that is only known when running would be slow.
    switch from {
    case .uint8: convert(UInt8.self, raw, pixels)
    case .int8: convert(Int8.self, raw, pixels)
    case .uint16: convert(UInt16.self, raw, pixels)
    case .int16: convert(Int16.self, raw, pixels)
    case .uint32: convert(UInt32.self, raw, pixels)
    case .int32: convert(Int32.self, raw, pixels)
    case .float32: convert(Float.self, raw, pixels)
    case .float64: convert(Double.self, raw, pixels)
    }
  }

  private func convert<Number: RawNumber>(
    _ number: Number.Type, _ raw: UnsafeRawBufferPointer, _ pixels: UnsafeMutableRawBufferPointer
  ) -> Double? {
    let values = raw.assumingMemoryBound(to: Number.self)
    switch to {
    case .uint8:
      preconditionFailure("only bytes become bytes")
    case .uint16:
      let target = pixels.assumingMemoryBound(to: UInt16.self)
      for index in values.indices { target[index] = UInt16(values[index].asDouble) }
    case .int16:
      let target = pixels.assumingMemoryBound(to: Int16.self)
      for index in values.indices { target[index] = Int16(values[index].asDouble) }
    case .float32:
      let target = pixels.assumingMemoryBound(to: Float.self)
      if let (scale, offset) = scaling {
        for index in values.indices {
          target[index] = Float(values[index].asDouble * scale + offset)
        }
      }
      let hidden = nodata.compactMap { Number.nodata($0) }
      if scaling != nil {
        let lost = values.indices.first { index in
          !target[index].isFinite && values[index].asDouble.isFinite
            && !hidden.contains { values[index].isSame(as: $0) }
        }
        return lost.map { values[$0].asDouble }
      }
      for index in values.indices {
        let value = values[index]
        if let exact = value.asExactFloat {
          target[index] = exact
        } else {
          guard rounds || hidden.contains(where: { value.isSame(as: $0) }) else {
            return value.asDouble
          }
          target[index] = Float(value.asDouble)
        }
      }
    }
    return nil
  }
}
