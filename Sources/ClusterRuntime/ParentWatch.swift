// Whether the process that started this one is still there.

#if canImport(Glibc)
  import Glibc
#endif

/// A process whose parent dies is handed to another one, by which it is known.
struct ParentWatch {
  private let parent = getppid()
  private var isLost = false

  /// True once, at the first call after the parent is gone.
  mutating func losesParent() -> Bool {
    if isLost || getppid() == parent { return false }
    isLost = true
    return true
  }
}
