// How much memory this process has had at most.

#if canImport(Glibc)
  import Glibc
#endif

package enum PeakMemory {
  /// Resident, since the process began; nil where the system does not tell.
  package static var bytes: Int? {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
    return Int(usage.ru_maxrss) << 10
  }
}
