// What the groups that a scheduler puts a process into leave it of memory.

import Basics
import ClusterRuntime
import TestSupport
import Testing

@Suite("Memory that may still be had") struct FreeMemoryTests {
  private let root: TemporaryFolder

  init() throws { root = try TemporaryFolder() }

  /// A control group of the second version as the kernel shows it.
  private func group(_ name: String, limit: String, used: Int, files: Int = 0) throws {
    let folder = root.file(name)
    try Files.createFolder(folder)
    try Files.writeDurably("\(limit)\n", to: folder + "/memory.max")
    try Files.writeDurably("\(used)\n", to: folder + "/memory.current")
    // Of the kind `file`, half is shared memory that cannot be read again.
    try Files.writeDurably(
      "file \(2 * files)\nshmem \(files)\ninactive_file \(files - 1)\nactive_file 1\n",
      to: folder + "/memory.stat")
  }

  private func free(_ membership: String) -> FreeMemory? {
    FreeMemory.ofControlGroup(membership: membership, root: root.path)
  }

  @Test("The bound counts wherever it stands above the process, and the narrowest of several")
  func ancestors() throws {
    try group("slurm", limit: "8000", used: 1000, files: 100)
    try group("slurm/job", limit: "4000", used: 3000, files: 200)
    try group("slurm/job/step", limit: "max", used: 500, files: 50)
    let found = try #require(free("0::/slurm/job/step\n"))
    #expect(found.bytes == 4000 - 3000 + 200)
    #expect(found.bound.hasSuffix("(\(root.path)/slurm/job/memory.max)"))
    // Another job's processes leave less of what both have together.
    try group("slurm", limit: "8000", used: 7800, files: 100)
    #expect(free("0::/slurm/job/step\n")?.bytes == 8000 - 7800 + 100)
  }

  @Test("The first version of control groups, where memory has a hierarchy of its own")
  func firstVersion() throws {
    func job(limit: String, used: Int) throws {
      let folder = root.file("memory/slurm/job")
      try Files.createFolder(folder)
      try Files.writeDurably("\(limit)\n", to: folder + "/memory.limit_in_bytes")
      try Files.writeDurably("\(used)\n", to: folder + "/memory.usage_in_bytes")
      try Files.writeDurably(
        "active_file 9\ntotal_active_file 30\ntotal_inactive_file 40\n",
        to: folder + "/memory.stat")
    }
    let membership = "7:cpu,cpuacct:/x\n4:memory,hugetlb:/slurm/job/step\n0::/\n"
    try job(limit: "9223372036854771712", used: 500)
    #expect(free(membership)?.bytes == nil)
    try job(limit: "1000", used: 500)
    let found = try #require(free(membership))
    #expect(found.bytes == 1000 - 500 + 70)
    #expect(found.bound.hasSuffix("(\(root.path)/memory/slurm/job/memory.limit_in_bytes)"))
    #expect(free("4:cpu:/slurm/job/step\n")?.bytes == nil)
  }

  @Test("A full group of processes is named; one with room is not the reason")
  func processes() throws {
    func group(limit: String, count: Int) throws -> String? {
      let folder = root.file("pids/job")
      try Files.createFolder(folder)
      try Files.writeDurably("\(limit)\n", to: folder + "/pids.max")
      try Files.writeDurably("\(count)\n", to: folder + "/pids.current")
      return ControlGroup.bounding("pids", membership: "8:pids:/job\n", root: root.path)
        .compactMap(\.objectionToProcesses).last
    }
    #expect(
      try group(limit: "12", count: 9) == "at most 12 processes and threads are allowed in its "
        + "control group (\(root.path)/pids/job/pids.max)")
    #expect(try group(limit: "120", count: 9) == nil)
    #expect(try group(limit: "max", count: 9) == nil)
  }

  @Test("In a container the root itself may be bounded; where nothing is, nothing is said")
  func ends() throws {
    try group("free", limit: "max", used: 1, files: 1)
    #expect(free("0::/free\n")?.bytes == nil)
    #expect(free("0::/../elsewhere\n")?.bytes == nil)
    #expect(free("3:memory:/free\n")?.bytes == nil)
    try group(".", limit: "900", used: 200, files: 10)
    #expect(free("0::/\n")?.bytes == 710)
    #expect(free("1:name=x:/\n0::/free\n")?.bytes == 710)
  }
}
