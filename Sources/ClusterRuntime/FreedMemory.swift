// What the C library does with memory that a process gives back: chunks of gradients come and go a
// thousand times a step, and each would be mapped by the system, and filled with zeros, anew.

import CHeap

enum FreedMemory {
  /// Room at the end of each heap that is kept rather than returned to the system.
  private static let keptBytes: Int32 = 64 << 20
  /// Blocks below this come from a heap; glibc allows no more.
  private static let heapBlockBytes: Int32 = 32 << 20

  /// Lets the C library keep freed memory, within bounds. Where it does not know how, nothing
  /// changes.
  static func keep() {
    _ = mallopt(M_TRIM_THRESHOLD, keptBytes)
    _ = mallopt(M_MMAP_THRESHOLD, heapBlockBytes)
  }
}
