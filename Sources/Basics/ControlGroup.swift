// Groups of processes that the kernel bounds together: of a container, a scheduler's job, a unit of
// systemd. Both versions of the kernel's interface, since machines with either are in use.

/// One group, of those that this process belongs to.
package struct ControlGroup: Sendable {
  /// Where the kernel shows it.
  private let folder: String
  /// Whether it is of the interface's second version.
  private let isUnified: Bool

  /// As one of the interface's first version says that there is no bound, it says a number about
  /// as large.
  private static let boundless = 1 << 60

  package static let root = "/sys/fs/cgroup"
  package static var membership: String { KernelFile.text("/proc/self/cgroup") }

  /// The groups that bound this process in some respect, the outermost first: each bounds all that
  /// are within it.
  /// - Parameters:
  ///   - controller: in which respect: "memory" or "pids".
  ///   - membership: what `/proc/self/cgroup` says.
  ///   - root: where the groups are mounted.
  package static func bounding(
    _ controller: String, membership: String = ControlGroup.membership,
    root: String = ControlGroup.root
  ) -> [ControlGroup] {
    membership.split(separator: "\n").flatMap { line -> [ControlGroup] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { return [] }
      let names = parts[2].split(separator: "/")
      let isUnified = parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains(Substring(controller)),
        !names.contains("..")
      else { return [] }
      let base =
        isUnified
        ? Files.isFolder(root + "/unified") ? root + "/unified" : root : "\(root)/\(controller)"
      return (0...names.count).map {
        let path = ([base] + names.prefix($0).map(String.init)).joined(separator: "/")
        return ControlGroup(folder: path, isUnified: isUnified)
      }
    }
  }

  /// How much memory all of it may have together, how much is left, and the file that says so.
  /// Files that can be read again give way; those that lie in memory alone (tmpfs) do not, and the
  /// kernel does not count them among the two kinds asked for. Nil for a group without a bound.
  package var memory: (limitBytes: Int, freeBytes: Int, place: String)? {
    let place = folder + (isUnified ? "/memory.max" : "/memory.limit_in_bytes")
    let usage = folder + (isUnified ? "/memory.current" : "/memory.usage_in_bytes")
    let (kind, stat) = (isUnified ? "" : "total_", folder + "/memory.stat")
    guard let limit = KernelFile.number(place), limit < Self.boundless,
      let used = KernelFile.number(usage),
      let active = KernelFile.value(of: kind + "active_file", in: stat),
      let inactive = KernelFile.value(of: kind + "inactive_file", in: stat)
    else { return nil }
    return (limit, max(0, limit - used + active + inactive), place)
  }

  /// How many of its processes the kernel has ended because memory ran out.
  package var memoryKills: Int? {
    KernelFile.value(
      of: "oom_kill", in: folder + (isUnified ? "/memory.events" : "/memory.oom_control"))
  }

  /// As a sentence without its end, where almost no process or thread more can be started.
  package var objectionToProcesses: String? {
    guard let limit = KernelFile.number(folder + "/pids.max"),
      let count = KernelFile.number(folder + "/pids.current"),
      limit - count < Self.fewProcesses
    else { return nil }
    return "at most \(limit) processes and threads are allowed in its control group "
      + "(\(folder)/pids.max)"
  }

  /// What a library may want at once. Who asks why it did not get them has given back some.
  private static let fewProcesses = 8
}
