// What this process takes from the machine.

import Basics
import CHeap
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

enum ProcessMemory {
  /// What is resident now, in bytes; 0 where the system does not tell.
  static var residentBytes: Int {
    KernelFile.value(of: "VmRSS:", in: "/proc/self/status").map { $0 << 10 } ?? 0
  }

  /// Bytes that heap and large buffers hold now. What was allocated and freed in between does not
  /// show.
  static var heapBytes: Int {
    let info = mallinfo2()
    return Int(info.uordblks + info.hblkhd) + Pages.mappedBytes
  }

  /// Bytes and calls that all threads ever asked `malloc` and its like for; nil unless a library
  /// that counts them is preloaded (scripts/bench-allocations).
  static var allocated: (bytes: Int, calls: Int)? {
    guard let bytes = counter("terrane_allocated_bytes"),
      let calls = counter("terrane_allocation_calls")
    else { return nil }
    return (bytes, calls)
  }

  private static func counter(_ name: String) -> Int? {
    guard let symbol = dlsym(nil, name) else { return nil }
    typealias Counter = @convention(c) () -> Int
    return unsafeBitCast(symbol, to: Counter.self)()
  }
}
