// The disk of simulated runs: what survives its crashes, and its errors.

import Basics
import Foundation
import Simulation
import Testing

@Suite("Simulated disk") struct SimulatedDiskTests {
  private static let seeds: Range<UInt64> = 0..<200

  private func bytes(_ disk: SimulatedDisk, _ path: String) throws -> [UInt8] {
    try disk.contents(of: path).withBytes { Array($0) }
  }

  /// A disk with a folder `a` and in it a durable file `f` of the bytes 1, 2, 3, 4.
  private func prepared(seed: UInt64 = 0) throws -> (disk: SimulatedDisk, sink: any FileSink) {
    let disk = SimulatedDisk(seed: seed)
    try disk.createFolder("a")
    let sink = try disk.create("a/f")
    try sink.write([1, 2, 3, 4])
    try sink.synchronize()
    try disk.synchronizeFolder(of: "a/f")
    return (disk, sink)
  }

  // MARK: Without a crash

  @Test("What is written is read, wherever it was written")
  func writes() throws {
    let (disk, sink) = try prepared()
    try sink.write([9], at: 1)
    try sink.write([7], at: 6)
    try sink.write([8])
    #expect(try bytes(disk, "a/f") == [1, 9, 3, 4, 0, 0, 7, 8])
    #expect(sink.byteCount == 8 && disk.usedBytes == 8)
    try sink.truncate(to: 2)
    #expect(try bytes(disk, "a/f") == [1, 9])
    #expect(disk.usedBytes == 2)
    _ = try disk.create("a/f")
    #expect(try bytes(disk, "a/f").isEmpty)
    #expect(disk.usedBytes == 0)
  }

  @Test("It answers as a disk does, errors included")
  func likeADisk() throws {
    let folder = try Files.createPrivateFolder(under: "/tmp", prefix: "terrane-disk-")
    defer { try? Files.remove(folder) }
    let simulated = SimulatedDisk(seed: 0)
    try simulated.createFolder(folder)
    let expected = try session(DiskFiles(), in: folder)
    for (request, answer) in try session(simulated, in: folder).enumerated() {
      #expect(answer == expected[request], "request \(request)")
    }
  }

  /// What a store answers to a fixed list of requests.
  private func session(_ files: some FileStore, in folder: String) throws -> [String] {
    var answers: [String] = []
    func note(_ body: () throws -> Any) {
      do { answers.append("\(try body())") } catch { answers.append("\(error)") }
    }
    func names(_ name: String) -> String { folder + "/" + name }
    note { try files.contents(of: names("nothing")).bytes.count }
    note { try files.create(names("no/file")).byteCount }
    note { try files.createFolder(names("x/y")) }
    note { try files.createFolder(names("x/y")) }
    note { try files.create(names("x/file")).write([1, 2]) }
    note { try files.createFolder(names("x/file/z")) }
    note { try files.create(names("x/y")).byteCount }
    note { try files.contents(of: names("x")).bytes.count }
    note { try files.list(names("x")) }
    note { try files.list(names("x/file")) }
    note { try files.rename(names("x/nothing"), to: names("x/other")) }
    note { try files.rename(names("x/file"), to: names("x/y")) }
    note { try files.rename(names("x/file"), to: names("x/y/file")) }
    note { try files.rename(names("x/y"), to: names("z")) }
    note { try files.list(folder) }
    note { try files.text(of: names("z/file"), limitBytes: 1) }
    note { files.exists(names("z/file")) }
    note { try files.remove(names("z")) }
    note { try files.remove(names("z")) }
    note { files.exists(names("z/file")) }
    note { try files.synchronize(names("x")) }
    note { try files.synchronizeFolder(of: names("z/file")) }
    return answers
  }

  @Test("A full disk takes what fits, and bytes that replace others need no room")
  func full() throws {
    let (disk, sink) = try prepared()
    disk.capacityBytes = 6
    #expect(throws: FileError(operation: "write to", path: "a/f", code: ENOSPC)) {
      try sink.write([5, 6, 7, 8])
    }
    #expect(sink.byteCount == 4)
    #expect(try bytes(disk, "a/f") == [1, 2, 3, 4, 5, 6])
    try sink.write([9, 9, 9, 9, 9, 9], at: 0)
    try disk.remove("a/f")
    #expect(disk.usedBytes == 0)
    try disk.create("a/g").write([1, 2, 3, 4, 5, 6])
  }

  // MARK: After a crash

  @Test(
    "Bytes that were synchronized and names whose folder was survive every crash", arguments: seeds)
  func durable(seed: UInt64) throws {
    let (disk, sink) = try prepared(seed: seed)
    try sink.write([5, 6, 7])
    disk.crash()
    let kept = try bytes(disk, "a/f")
    #expect(kept.starts(with: [1, 2, 3, 4]) && kept.count <= 7)
    #expect(disk.usedBytes == kept.count)
    disk.crash()
    #expect(try bytes(disk, "a/f") == kept)
  }

  @Test("Bytes that were not are kept, lost, cut or damaged, and each of these happens")
  func volatile() throws {
    var outcomes: Set<[UInt8]> = []
    for seed in Self.seeds {
      let (disk, sink) = try prepared(seed: seed)
      try sink.write([5, 6, 7])
      disk.crash()
      outcomes.insert(try bytes(disk, "a/f"))
    }
    let base: [UInt8] = [1, 2, 3, 4]
    #expect(outcomes.isSuperset(of: [base, base + [5, 6, 7], base + [5], base + [5, 6]]))
    #expect(outcomes.contains(base + [0, 0, 0]))
    #expect(outcomes.contains { $0.count > 4 && ![0, 5, 6, 7].contains($0[$0.count - 1]) })
  }

  @Test("A replaced byte is the old or the new one, and its neighbours stay", arguments: seeds)
  func replaced(seed: UInt64) throws {
    let (disk, sink) = try prepared(seed: seed)
    try sink.write([9], at: 1)
    disk.crash()
    let kept = try bytes(disk, "a/f")
    #expect([kept[0], kept[2], kept[3]] == [1, 3, 4] && kept.count == 4)
  }

  @Test("Names that were not made durable may come or go, in the order of their changes")
  func names() throws {
    var outcomes: Set<[String]> = []
    for seed in Self.seeds {
      let (disk, _) = try prepared(seed: seed)
      _ = try disk.create("a/g")
      try disk.remove("a/f")
      disk.crash()
      outcomes.insert(try disk.list("a"))
    }
    #expect(outcomes == [["f"], ["f", "g"], ["g"]])
  }

  @Test("A rename is there when it returned, and never half", arguments: seeds)
  func renamed(seed: UInt64) throws {
    let (disk, _) = try prepared(seed: seed)
    try disk.rename("a/f", to: "a/h")
    disk.crash()
    #expect(try disk.list("a") == ["h"])
    // The rename itself comes through, making it durable does not.
    disk.fail(after: 1)
    #expect(throws: FileError.self) { try disk.rename("a/h", to: "a/i") }
    disk.crash()
    #expect(try [["h"], ["i"]].contains(disk.list("a")))
  }

  @Test("A folder moves with what is in it, and can come back half-removed")
  func folders() throws {
    var outcomes: Set<[String]> = []
    for seed in Self.seeds {
      let (disk, _) = try prepared(seed: seed)
      try disk.create("a/g").synchronize()
      try disk.synchronizeFolder(of: "a/g")
      try disk.rename("a", to: "b")
      try disk.remove("b")
      #expect(!disk.exists("b"))
      disk.crash()
      outcomes.insert(disk.exists("b") ? try disk.list("b") : [])
    }
    #expect(outcomes == [[], ["g"], ["f", "g"]])
  }

  @Test("A folder whose maker died before its name was durable is made durable by the next")
  func folderAfterFailure() throws {
    for seed in Self.seeds {
      let disk = SimulatedDisk(seed: seed)
      disk.fail(after: 1)
      #expect(throws: FileError.self) { try disk.createFolder("a") }
      disk.heal()
      try disk.createFolder("a/b")
      disk.crash()
      #expect(try disk.list("a") == ["b"])
    }
  }

  @Test("One seed, one outcome", arguments: seeds.prefix(5))
  func deterministic(seed: UInt64) throws {
    let outcomes = try (0..<2).map { _ in
      let (disk, sink) = try prepared(seed: seed)
      try sink.write([UInt8](repeating: 5, count: 300))
      disk.crash()
      return try bytes(disk, "a/f")
    }
    #expect(outcomes[0] == outcomes[1])
  }

  // MARK: Failing

  @Test("It fails from the operation it was told, until it heals or crashes")
  func failing() throws {
    let (disk, sink) = try prepared()
    let before = disk.operationCount
    disk.fail(after: 1)
    try sink.write([5])
    #expect(throws: FileError(operation: "fsync", path: "a/f", code: SimulatedDisk.failureCode)) {
      try sink.synchronize()
    }
    #expect(throws: FileError.self) { try disk.contents(of: "a/f") }
    #expect(throws: FileError.self) { try disk.list("a") }
    #expect(disk.operationCount == before + 2)
    disk.heal()
    #expect(try bytes(disk, "a/f") == [1, 2, 3, 4, 5])
    try sink.synchronize()
    disk.fail(after: 0)
    disk.crash()
    #expect(try disk.list("a") == ["f"])
  }

  @Test("The first write to fail may land in part")
  func partialWrite() throws {
    var lengths: Set<Int> = []
    for seed in Self.seeds {
      let (disk, sink) = try prepared(seed: seed)
      disk.fail(after: 0)
      #expect(throws: FileError.self) { try sink.write([5, 6]) }
      #expect(throws: FileError.self) { try sink.write([5, 6]) }
      disk.heal()
      lengths.insert(try bytes(disk, "a/f").count)
    }
    #expect(lengths == [4, 5, 6])
  }

  @Test("A file opened before a crash cannot be written after it")
  func voidSink() throws {
    let (disk, sink) = try prepared()
    disk.crash()
    #expect(throws: FileError(operation: "write to", path: "a/f", code: SimulatedDisk.failureCode))
    {
      try sink.write([5])
    }
  }

  @Test("A flipped bit stays flipped")
  func flipped() throws {
    let (disk, _) = try prepared()
    disk.flipBit(7, ofByte: 2, in: "a/f")
    disk.crash()
    #expect(try bytes(disk, "a/f") == [1, 2, 0x83, 4])
  }
}
