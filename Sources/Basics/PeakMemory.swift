// How much memory this process has had at most.

package enum PeakMemory {
  /// Resident, since this program began; nil where the system does not tell. (What `getrusage` says
  /// begins with the memory of whoever started the program.)
  package static var bytes: Int? {
    KernelFile.value(of: "VmHWM:", in: "/proc/self/status").map { $0 << 10 }
  }
}
