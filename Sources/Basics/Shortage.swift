// Which of the system's error numbers speak of a limit, and not of what was asked for.

#if canImport(Glibc)
  import Glibc
#endif

/// What ran short when the system refused something. The thing asked for is as whole as it was, and
/// the same call may succeed a moment later.
package enum Shortage: Sendable {
  case memory
  case openFiles
  /// Of the machine, whatever this process may have.
  case openFilesOfMachine
  case threads

  /// Nil for an error number that speaks of anything else.
  package init?(code: Int32) {
    switch code {
    case ENOMEM, ENOBUFS: self = .memory
    case EMFILE: self = .openFiles
    case ENFILE: self = .openFilesOfMachine
    case EAGAIN: self = .threads
    default: return nil
    }
  }

  /// Which limit it is and what to do, without an end.
  package var explanation: String {
    switch self {
    case .memory:
      Self.limitsOfMemory
    case .openFiles:
      "\(ResourceLimit.openFiles.explanation ?? "too many files are open"); raise that limit"
    case .openFilesOfMachine:
      "all processes of this machine together have too many files open (fs.file-max)"
    case .threads: Self.limitsOfThreads
    }
  }

  /// The system does not say which it was.
  private static var limitsOfMemory: String {
    let group = "this machine, or the group of processes this one belongs to, has no memory left"
    return ResourceLimit.addressSpace.explanation.map { "\($0); raise that limit, unless \(group)" }
      ?? group
  }

  /// Each thread needs address space for its stack, so either limit may be the one; when there is
  /// no room for another stack, it is that one.
  private static var limitsOfThreads: String {
    if let bound = ControlGroup.bounding("pids").compactMap(\.objectionToProcesses).last {
      return "\(bound); raise that limit"
    }
    let isFull = ResourceLimit.freeAddressSpace.map { $0 < 2 * SystemThread.stackBytes } ?? false
    let likely: [ResourceLimit] = isFull ? [.addressSpace] : [.processes, .addressSpace]
    let limits = likely.compactMap(\.explanation)
    if limits.isEmpty { return "this machine allows no more processes and threads" }
    return limits.joined(separator: ", and ") + "; raise what is too low"
  }
}

/// An error that may come of a shortage.
package protocol SystemError: Error {
  /// Nil where it comes of something else.
  var shortage: Shortage? { get }
}
