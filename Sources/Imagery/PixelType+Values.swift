// Pixels of any type as numbers of one type.

extension PixelType {
  /// Writes stored values as floats. Exact: no pixel type has more digits.
  /// - Parameter source: `count` values of this type.
  package func copyValues(
    _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    func copy<Value>(_ type: Value.Type, _ convert: (Value) -> Float) {
      let values = source.assumingMemoryBound(to: type)
      for index in 0..<count { target[index] = convert(values[index]) }
    }
    switch self {
    case .uint8: copy(UInt8.self) { Float($0) }
    case .uint16: copy(UInt16.self) { Float($0) }
    case .int16: copy(Int16.self) { Float($0) }
    case .float32: copy(Float.self) { $0 }
    }
  }
}

extension ChipBuffer {
  /// Writes the pixels as floats, 0 where invalid.
  /// - Parameter target: (bands, side, side).
  package func copyValues(into target: UnsafeMutablePointer<Float>) {
    layout.pixelType.copyValues(
      pixels.baseAddress!, count: layout.bandCount * layout.pixelsPerBand, into: target)
  }
}
