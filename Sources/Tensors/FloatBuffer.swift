// Storage for the numbers of a run: allocated once, aligned, passed on by pointer.

import Basics

/// A fixed run of floats, aligned to a cache line and zero at birth.
///
/// `@unchecked Sendable`: a buffer is written by one owner at a time; parts that threads write at
/// once are disjoint.
public final class FloatBuffer: @unchecked Sendable {
  /// Floats.
  public let count: Int
  /// The first float, aligned to a cache line; valid while the buffer lives.
  public let pointer: UnsafeMutablePointer<Float>
  private let pages: Pages

  /// Allocates so many floats; ends the process where there is no memory for them.
  /// - Precondition: `count` is not negative.
  public init(count: Int) {
    precondition(count >= 0)
    self.count = count
    pages = Pages(bytes: count * MemoryLayout<Float>.stride)
    pointer = pages.pointer.bindMemory(to: Float.self, capacity: count)
  }

  deinit { pages.free() }

  /// All of the buffer; valid while that lives.
  public var values: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  /// Part of the buffer; valid while that lives.
  /// - Precondition: the range lies in the buffer.
  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeMutableBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }

  /// Takes over the floats of another buffer.
  /// - Precondition: both have the same count.
  public func copy(from other: FloatBuffer) {
    precondition(count == other.count)
    pointer.update(from: other.pointer, count: count)
  }

  /// Sets every float to `value`.
  public func fill(_ value: Float) { pointer.update(repeating: value, count: count) }
}
