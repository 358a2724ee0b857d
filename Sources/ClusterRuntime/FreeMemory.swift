// What this process may still have: asking for more than that ends a process without a word.

import Basics
import TrainingRun

/// Bytes that can still be had, and what bounds them.
package struct FreeMemory {
  package let bytes: Int
  /// As the end of a sentence.
  package let bound: String

  /// Looks at the narrowest of the bounds that the system tells of.
  /// - Parameters:
  ///   - needed: what is about to be used, at the least.
  ///   - isMapped: whether it has its addresses already, and no memory behind them yet.
  /// - Throws: `RunError` when that cannot be.
  package static func check(for needed: Int, _ what: String, isMapped: Bool = false) throws {
    let bounds = [ofMachine(), ofControlGroup(), isMapped ? nil : ofAddressSpace()]
    guard let free = bounds.compactMap({ $0 }).min(by: { $0.bytes < $1.bytes }),
      needed > free.bytes
    else { return }
    throw RunError(
      description: "\(what) takes at least \(HumanFormat.bytes(needed)), and "
        + "\(HumanFormat.bytes(free.bytes)) are left \(free.bound); give it more, or use a smaller "
        + "model or fewer pairs a microbatch")
  }

  /// What the kernel can give without swapping.
  private static func ofMachine() -> FreeMemory? {
    KernelFile.value(of: "MemAvailable:", in: "/proc/meminfo").map {
      FreeMemory(bytes: $0 << 10, bound: "on this machine")
    }
  }

  private static func ofAddressSpace() -> FreeMemory? {
    guard let limit = ResourceLimit.addressSpace.value,
      let used = KernelFile.value(of: "VmSize:", in: "/proc/self/status")
    else { return nil }
    return FreeMemory(
      bytes: max(0, limit - used << 10),
      bound: "of the \(HumanFormat.bytes(limit)) of address space allowed here (ulimit -v)")
  }

  /// Of the groups that a container, a scheduler or systemd has put this process into the narrowest
  /// counts, wherever on the way to the root it stands.
  /// - Parameters:
  ///   - membership: what `/proc/self/cgroup` says.
  ///   - root: where the groups are mounted.
  package static func ofControlGroup(
    membership: String = ControlGroup.membership, root: String = ControlGroup.root
  ) -> FreeMemory? {
    ControlGroup.bounding("memory", membership: membership, root: root).compactMap(\.memory)
      .min { $0.freeBytes < $1.freeBytes }
      .map { memory in
        FreeMemory(
          bytes: memory.freeBytes,
          bound: "of the \(HumanFormat.bytes(memory.limitBytes)) of its control group "
            + "(\(memory.place))")
      }
  }
}
