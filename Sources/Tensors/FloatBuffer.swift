// Storage for the numbers of a run: allocated once, aligned, passed on by pointer.

import Foundations

/// A fixed run of floats, aligned to a cache line and zero at birth.
///
/// `@unchecked Sendable`: a buffer is written by one owner at a time; parts that threads write at once are
/// disjoint.
public final class FloatBuffer: @unchecked Sendable {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Float>

  /// - Precondition: `count` is not negative.
  public init(count: Int) {
    precondition(count >= 0)
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  public var values: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeMutableBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }

  /// - Precondition: both have the same count.
  public func copy(from other: FloatBuffer) {
    precondition(count == other.count)
    pointer.update(from: other.pointer, count: count)
  }

  public func fill(_ value: Float) { pointer.update(repeating: value, count: count) }
}
