// Zeroed memory for buffers. Large ones get pages of 2 MiB where the system has them: a training
// step walks over gigabytes, and with small pages it would wait for addresses to be looked up.

import Basics
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// One allocation, zero at birth and aligned to a cache line; freed by its owner.
///
/// Pages are the system's until they are touched: what is allocated and never used takes no memory.
package struct Pages {
  /// Size from which memory comes in pages of its own.
  static let smallestLarge = 4 << 20
  private static let largePage = 2 << 20
  /// Bytes of all large allocations that are not freed: the heap's own account does not have them.
  package static var mappedBytes: Int { mapped.load(ordering: .relaxed) }
  private static let mapped = Atomic<Int>(0)

  let pointer: UnsafeMutableRawPointer
  private let mapping: UnsafeMutableRawBufferPointer?

  /// - Precondition: `bytes` is not negative.
  init(bytes: Int) {
    precondition(bytes >= 0)
    guard bytes >= Self.smallestLarge else {
      pointer = .allocate(byteCount: max(bytes, 1), alignment: 64)
      pointer.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, 1))
      mapping = nil
      return
    }
    let length = bytes + Self.largePage
    let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start, start != MAP_FAILED else {
      // Nobody above could go on without its buffer; what a run has committed survives the end of
      // any process.
      MemoryExhaustion.end(wanting: length)
    }
    mapping = UnsafeMutableRawBufferPointer(start: start, count: length)
    Self.mapped.add(length, ordering: .relaxed)
    pointer = start.alignedUp(toMultipleOf: Self.largePage)
    // Only a hint: without it everything works, more slowly.
    madvise(pointer, bytes, MADV_HUGEPAGE)
  }

  func free() {
    if let mapping {
      munmap(mapping.baseAddress, mapping.count)
      Self.mapped.subtract(mapping.count, ordering: .relaxed)
    } else {
      pointer.deallocate()
    }
  }
}
