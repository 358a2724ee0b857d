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
