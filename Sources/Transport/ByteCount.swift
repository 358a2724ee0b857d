// What the kernel knows of a connection and ZeroMQ does not tell.

#if canImport(Glibc)
  import Glibc
#endif

enum ByteCount {
  /// Of `tcpi_bytes_received` in the kernel's `struct tcp_info` (linux/tcp.h, since Linux 4.1),
  /// which only ever grows at its end; the C library's struct of this name stops before it.
  private static let receivedOffset = 128

  /// Bytes that this process has read from a TCP connection; nil when the descriptor is not such a
  /// thing.
  static func readFrom(_ descriptor: Int32) -> Int? {
    let end = receivedOffset + MemoryLayout<UInt64>.size
    var info = [UInt8](repeating: 0, count: end)
    var size = socklen_t(end)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0, size == end
    else { return nil }
    // Within the array: its count is `end`.
    let received = info.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: receivedOffset, as: UInt64.self)
    }
    var waiting: Int32 = 0
    guard ioctl(descriptor, UInt(FIONREAD), &waiting) == 0 else { return nil }
    return max(0, Int(clamping: received) - Int(waiting))
  }
}
