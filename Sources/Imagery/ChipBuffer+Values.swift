// The pixels of a chip as numbers of one type.

extension ChipBuffer {
  /// Writes the pixels as floats, 0 where invalid. Exact: no pixel type has more digits.
  /// - Parameter target: (bands, side, side).
  package func copyValues(into target: UnsafeMutablePointer<Float>) {
    let count = layout.bandCount * layout.pixelsPerBand
    func copy<Value>(_ type: Value.Type, _ convert: (Value) -> Float) {
      let source = pixels.baseAddress!.assumingMemoryBound(to: type)
      for index in 0..<count { target[index] = convert(source[index]) }
    }
    switch layout.pixelType {
    case .uint8: copy(UInt8.self) { Float($0) }
    case .uint16: copy(UInt16.self) { Float($0) }
    case .int16: copy(Int16.self) { Float($0) }
    case .float32: copy(Float.self) { $0 }
    }
  }
}
