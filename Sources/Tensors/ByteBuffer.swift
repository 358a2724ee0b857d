// Storage for flags of pixels and patches: one byte each, 1 for yes.

/// A fixed run of bytes, zero at birth.
///
/// `@unchecked Sendable`: a buffer is written by one owner at a time; parts that threads write at
/// once are disjoint.
public final class ByteBuffer: @unchecked Sendable {
  /// Bytes.
  public let count: Int
  /// The first byte; valid while the buffer lives.
  public let pointer: UnsafeMutablePointer<UInt8>

  /// Allocates so many bytes.
  /// - Precondition: `count` is not negative.
  public init(count: Int) {
    precondition(count >= 0)
    self.count = count
    pointer = .allocate(capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
  }

  deinit { pointer.deallocate() }

  /// Part of the buffer; valid while that lives.
  /// - Precondition: the range lies in the buffer.
  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeMutableBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }
}
