// Memory whose size follows from what comes from outside. Swift's own allocation traps where there
// is none.

#if canImport(Glibc)
  import Glibc
#endif

/// Elements of a plain type, which belong to the buffer from `init` to `deinit`, aligned to a cache
/// line; 0 at birth. One thread at a time.
package final class ScratchBuffer<Element: BitwiseCopyable> {
  package let elements: UnsafeMutableBufferPointer<Element>

  /// Ends the process with a sentence where there is no memory for so many.
  /// - Precondition: `count` is not negative.
  package init(count: Int) {
    precondition(count >= 0)
    let bytes = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !bytes.overflow, let memory = Self.zeroed(bytes.partialValue) else {
      MemoryExhaustion.end(wanting: bytes.overflow ? Int.max : bytes.partialValue)
    }
    elements = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: Element.self, capacity: count), count: count)
  }

  deinit { free(elements.baseAddress) }

  package var count: Int { elements.count }

  package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(elements) }

  private static func zeroed(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(64, bytes)) == 0, let memory else { return nil }
    memset(memory, 0, bytes)
    return memory
  }
}
