// Bytes sorted by significance before compression: the first bytes of all elements, then the
// second, … . Neighbouring values share their high bytes, so a plane of those compresses where
// mixed bytes do not.

/// The shuffle of fixed-size elements into byte planes and back. Plane k holds byte k
/// (little-endian: the k-th least significant) of every element, in order.
package enum BytePlanes {
  /// Sorts the elements' bytes into planes.
  /// - Parameters:
  ///   - source: whole elements; must not overlap `destination`.
  ///   - elementBytes: bytes of one element.
  ///   - destination: as many bytes as `source`.
  package static func shuffle(
    _ source: UnsafeRawBufferPointer, elementBytes: Int,
    into destination: UnsafeMutableRawBufferPointer
  ) {
    let count = elementCount(source, elementBytes, destination)
    guard count > 0, let from = source.baseAddress, let to = destination.baseAddress else { return }
    shuffle(from, count: count, elementBytes: elementBytes, into: to, planeBytes: count)
  }

  /// Sorts the bytes of some elements of a longer run.
  /// - Parameters:
  ///   - source: the first of `count` elements.
  ///   - elementBytes: bytes of one element.
  ///   - destination: where the first element's first byte goes; must not overlap.
  ///   - planeBytes: from a plane to the next one: the number of the whole run's elements.
  package static func shuffle(
    _ source: UnsafeRawPointer, count: Int, elementBytes: Int,
    into destination: UnsafeMutableRawPointer, planeBytes: Int
  ) {
    switch elementBytes {
    case 1: destination.copyMemory(from: source, byteCount: count)
    case 2: split(source, as: UInt16.self, count, destination, planeBytes)
    case 4: split(source, as: UInt32.self, count, destination, planeBytes)
    case 8: split(source, as: UInt64.self, count, destination, planeBytes)
    default:
      for plane in 0..<elementBytes {
        for index in 0..<count {
          destination.storeBytes(
            of: source.load(fromByteOffset: index * elementBytes + plane, as: UInt8.self),
            toByteOffset: plane * planeBytes + index, as: UInt8.self)
        }
      }
    }
  }

  /// Undoes `shuffle`; the parameters are its own.
  package static func unshuffle(
    _ source: UnsafeRawBufferPointer, elementBytes: Int,
    into destination: UnsafeMutableRawBufferPointer
  ) {
    let count = elementCount(source, elementBytes, destination)
    guard count > 0, let from = source.baseAddress, let to = destination.baseAddress else { return }
    switch elementBytes {
    case 1: to.copyMemory(from: from, byteCount: count)
    case 2: join(from, as: UInt16.self, count, to)
    case 4: join(from, as: UInt32.self, count, to)
    case 8: join(from, as: UInt64.self, count, to)
    default:
      for plane in 0..<elementBytes {
        for index in 0..<count {
          to.storeBytes(
            of: from.load(fromByteOffset: plane * count + index, as: UInt8.self),
            toByteOffset: index * elementBytes + plane, as: UInt8.self)
        }
      }
    }
  }

  private static func elementCount(
    _ source: UnsafeRawBufferPointer, _ elementBytes: Int,
    _ destination: UnsafeMutableRawBufferPointer
  ) -> Int {
    precondition(elementBytes > 0 && source.count % elementBytes == 0)
    precondition(source.count == destination.count)
    return source.count / elementBytes
  }

  /// One pass a plane: a shift and a narrowing that the compiler turns into vector instructions.
  @inline(__always)
  private static func split<Word: FixedWidthInteger & BitwiseCopyable>(
    _ from: UnsafeRawPointer, as _: Word.Type, _ count: Int, _ to: UnsafeMutableRawPointer,
    _ planeBytes: Int
  ) {
    let bytes = MemoryLayout<Word>.size
    for plane in 0..<bytes {
      let shift = Word(truncatingIfNeeded: plane * 8)
      let target = (to + plane * planeBytes).assumingMemoryBound(to: UInt8.self)
      for index in 0..<count {
        let word = from.loadUnaligned(fromByteOffset: index &* bytes, as: Word.self).littleEndian
        target[index] = UInt8(truncatingIfNeeded: word &>> shift)
      }
    }
  }

  /// One pass over all planes at once, so that each word is written once.
  @inline(__always)
  private static func join<Word: FixedWidthInteger & BitwiseCopyable>(
    _ from: UnsafeRawPointer, as _: Word.Type, _ count: Int, _ to: UnsafeMutableRawPointer
  ) {
    let bytes = MemoryLayout<Word>.size
    let planes = from.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      var word: Word = 0
      for plane in 0..<bytes {
        word |= Word(planes[plane &* count &+ index]) &<< Word(truncatingIfNeeded: plane * 8)
      }
      to.storeBytes(of: word.littleEndian, toByteOffset: index &* bytes, as: Word.self)
    }
  }
}
