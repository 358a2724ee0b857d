// What this process takes from the machine.

import CHeap
import Foundation
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

enum ProcessMemory {
  /// The most that was ever resident: VmHWM of /proc/self/status, in bytes; nil where there is
  /// none.
  static var peakBytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
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
