// Whether a process that died by SIGKILL was ended by the kernel because memory ran out: nothing
// else says so where its user looks.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// Watches the kernel's count of such ends.
struct MemoryKills {
  private var count = Self.count

  /// How a process died by a signal, in the words that a launcher uses.
  mutating func death(by signal: Int32) -> String {
    let (before, now) = (count, Self.count)
    count = now
    guard signal == SIGKILL, let now, let before, now > before else {
      return "died by signal \(signal)"
    }
    let bounds = ControlGroup.bounding("memory").compactMap(\.memory)
    let bound = bounds.min { $0.limitBytes < $1.limitBytes }.map {
      ": \(HumanFormat.bytes($0.limitBytes)) are allowed (\($0.place))"
    }
    return "died by signal \(signal), as the kernel ends processes when memory runs out"
      + (bound ?? "")
  }

  /// Of this process' control group, where it has one, else of the machine.
  private static var count: Int? {
    ControlGroup.bounding("memory").compactMap(\.memoryKills).last
      ?? KernelFile.value(of: "oom_kill", in: "/proc/vmstat")
  }
}
