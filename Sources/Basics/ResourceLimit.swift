// What the system lets this process have, by the names that a shell gives it.

#if canImport(Glibc)
  import Glibc
#endif

/// A limit that the system sets on a process or on its user.
package enum ResourceLimit: Sendable {
  case openFiles
  case addressSpace
  case fileSize
  /// Processes and threads of the user together.
  case processes

  /// Nil where there is none.
  package var value: Int? {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur != rlim_t.max else { return nil }
    return Int(clamping: limit.rlim_cur)
  }

  /// As a sentence without its end: "at most 128 open files are allowed here (ulimit -n)"; nil
  /// where there is no limit.
  package var explanation: String? {
    value.map { value in
      switch self {
      case .openFiles: "at most \(value) open files are allowed here (ulimit -n)"
      case .addressSpace:
        "at most \(HumanFormat.bytes(value)) of address space are allowed here (ulimit -v)"
      case .fileSize: "at most \(HumanFormat.bytes(value)) a file are allowed here (ulimit -f)"
      case .processes:
        "at most \(value) processes and threads of this user are allowed here (ulimit -u)"
      }
    }
  }

  /// Lets this process use all that its user may have, where a smaller number was set as a mere
  /// default.
  package func raiseToHardLimit() {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    // A system that does not allow it leaves the limit as it was.
    setrlimit(resource, &limit)
  }

  /// Bytes of address space that this process may still have; nil where nothing bounds them.
  package static var freeAddressSpace: Int? {
    guard let limit = addressSpace.value, let pages = mappedPages else { return nil }
    return max(0, limit - pages * Int(getpagesize()))
  }

  /// The first number of /proc/self/statm.
  private static var mappedPages: Int? {
    Int(KernelFile.text("/proc/self/statm").prefix { $0 != " " })
  }

  private var resource: __rlimit_resource_t {
    switch self {
    case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    case .addressSpace: __rlimit_resource_t(RLIMIT_AS.rawValue)
    case .fileSize: __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    case .processes: __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
    }
  }
}
