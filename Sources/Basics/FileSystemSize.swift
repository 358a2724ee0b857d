// How much room a file system has.

#if canImport(Glibc)
  import Glibc
#endif

package struct FileSystemSize: Sendable {
  /// What is left for users who are not root.
  package let freeBytes: Int
  package let bytes: Int

  /// Of the file system that holds a path; nil when there is no such path.
  package init?(of path: String) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let block = UInt64(status.f_frsize)
    freeBytes = Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: block).0)
    bytes = Int(clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: block).0)
  }
}
