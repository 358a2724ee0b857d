// How much room a file system has.

#if canImport(Glibc)
  import Glibc
#endif

package struct FileSystemSize: Sendable {
  /// What is left for users who are not root.
  package let freeBytes: Int
  package let bytes: Int

  /// Of the file system that holds a path; nil when there is no such path, and where the file
  /// system does not know how large it is: some say the largest number then.
  package init?(of path: String) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let block = UInt64(status.f_frsize)
    guard let free = Self.product(UInt64(status.f_bavail), block),
      let all = Self.product(UInt64(status.f_blocks), block)
    else { return nil }
    (freeBytes, bytes) = (free, all)
  }

  /// Nil for more bytes than there are numbers for.
  static func product(_ blocks: UInt64, _ blockBytes: UInt64) -> Int? {
    let (bytes, isTooLarge) = blocks.multipliedReportingOverflow(by: blockBytes)
    return isTooLarge ? nil : Int(exactly: bytes)
  }
}
