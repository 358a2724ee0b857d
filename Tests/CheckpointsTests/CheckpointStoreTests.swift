// Checkpoints written, listed, loaded and cleared away.

import Basics
import Checkpoints
import Simulation
import Tensors
import TestSupport
import Testing

@Suite("Checkpoint store") struct CheckpointStoreTests {
  private let scratch: TemporaryFolder
  private let store: CheckpointStore

  init() throws {
    scratch = try TemporaryFolder()
    store = try CheckpointStore(owning: scratch.file("checkpoints"))
  }

  @discardableResult
  private func save(_ step: UInt32, from start: Float = 0) throws -> Checkpoint {
    try store.write(
      step: Step(step), tensors: smallTensors(from: start), replicaDigest: smallDigest,
      state: SmallState(seed: UInt64(step)))
  }

  @Test("What is written is what is loaded: tensors, state, digest")
  func roundTrip() throws {
    try save(40)
    let checkpoint = try #require(try store.newestValid().checkpoint)
    #expect(checkpoint.step == Step(40))
    #expect(checkpoint.manifest.replicaDigest == smallDigest)
    #expect(try store.state(of: checkpoint, as: SmallState.self) == SmallState(seed: 40))
    let loaded = zeroTensors(smallLayout)
    try store.load(checkpoint, into: loaded)
    let written = smallTensors()
    #expect(loaded.vectors.map { Array($0.values) } == written.vectors.map { Array($0.values) })
  }

  @Test("A checkpoint is a folder of six files under PyTorch's names")
  func files() throws {
    try save(40)
    #expect(try Files.list(store.folder) == ["step-00000040"])
    #expect(
      try Files.list(store.folder + "/step-00000040") == [
        "average.safetensors", "manifest.json", "optimizer.safetensors", "parameters.safetensors",
        "replica.safetensors",
        "state.json",
      ])
    let optimizer = try SafetensorsFile(
      store.path(of: Step(40)) + "/" + CheckpointFile.optimizer.rawValue)
    #expect(
      optimizer.tensors.map(\.name) == [
        "exp_avg.cls_token", "exp_avg.w.weight", "exp_avg.w.bias", "exp_avg_sq.cls_token",
        "exp_avg_sq.w.weight", "exp_avg_sq.w.bias",
      ])
    #expect(optimizer.metadata == ["format": "pt", "step": "40"])
  }

  @Test("Without an average there are five files, and none is missed but by who asks for it")
  func withoutAverage() throws {
    let checkpoint = try store.write(
      step: Step(40), tensors: smallTensors(averaged: false), replicaDigest: smallDigest,
      state: SmallState())
    #expect(checkpoint.manifest.files.map(\.file) == [.parameters, .replica, .optimizer, .state])
    #expect(try store.newestValid().checkpoint == checkpoint)
    try store.load(checkpoint, into: CheckpointTensors(zerosOf: smallLayout))
    let place = store.path(of: Step(40))
    #expect(
      failure { try store.load(checkpoint, into: zeroTensors(smallLayout)) }
        == "cannot open \(place)/average.safetensors: No such file or directory")
  }

  @Test("The same checkpoint twice gives the same bytes")
  func deterministic() throws {
    let first = try save(1).manifest
    #expect(try save(1).manifest == first)
  }

  @Test("Steps are listed by number, and other names passed over")
  func list() throws {
    for step: UInt32 in [100, 9, 4_294_967_295] { try save(step) }
    for name in ["notes", "step-9", "step-00000009x", "step-+0000009", "step-4294967296"] {
      try Files.createFolder(store.folder + "/" + name)
    }
    #expect(try store.list() == [Step(9), Step(100), Step(4_294_967_295)])
  }

  @Test("An empty store has no newest checkpoint and no complaint")
  func nothingThere() throws {
    let newest = try store.newestValid()
    #expect(newest.checkpoint == nil && newest.rejected.isEmpty)
  }

  @Test("A folder that is not there is an error that names it")
  func missingFolder() {
    let reader = CheckpointStore(reading: scratch.file("nowhere"))
    #expect(failure { _ = try reader.newestValid() }.contains(scratch.file("nowhere")))
  }

  @Test("A checkpoint of the same step replaces the one that is there")
  func replace() throws {
    try save(3, from: 0)
    let second = try save(3, from: 5)
    #expect(try Files.list(store.folder) == ["step-00000003"])
    let loaded = zeroTensors(smallLayout)
    try store.load(second, into: loaded)
    #expect(loaded.master.pointer[0] == 5)
    #expect(try store.newestValid().checkpoint == second)
  }

  // MARK: After a crash

  @Test("The owner clears half-written folders away; a reader leaves them")
  func leftovers() throws {
    try save(1)
    let partial = store.path(of: Step(2)) + ".partial"
    try Files.createFolder(partial)
    try write([1], to: partial + "/parameters.safetensors")
    try Files.createFolder(store.folder + "/mine.partial")
    #expect(try CheckpointStore(reading: store.folder).list() == [Step(1)])
    #expect(Files.exists(partial))
    _ = try CheckpointStore(owning: store.folder)
    #expect(try Files.list(store.folder) == ["mine.partial", "step-00000001"])
  }

  @Test("A crash between the renames of a replacement loses neither the old nor the new one")
  func crashWhileReplacing() throws {
    let old = try save(3)
    try Files.rename(old.path, to: old.path + ".replaced")
    let reopened = try CheckpointStore(owning: store.folder)
    #expect(try reopened.newestValid().checkpoint == old)

    try Files.rename(old.path, to: old.path + ".replaced")
    try store.write(
      step: Step(3), tensors: smallTensors(from: 5), replicaDigest: smallDigest, state: SmallState()
    )
    let new = try #require(try CheckpointStore(owning: store.folder).newestValid().checkpoint)
    #expect(new.manifest != old.manifest)
    #expect(try Files.list(store.folder) == ["step-00000003"])
  }

  @Test("A disk that fills up at any byte leaves the older checkpoints and nothing of the new one")
  func fullDisk() throws {
    let disk = SimulatedDisk(seed: 0)
    let store = try CheckpointStore(owning: "checkpoints", files: disk)
    func save(_ step: UInt32) throws -> Checkpoint {
      try store.write(
        step: Step(step), tensors: smallTensors(), replicaDigest: smallDigest, state: SmallState())
    }
    let old = try save(1)
    let bytesOfOne = disk.usedBytes
    for step: UInt32 in [1, 2] {
      for room in 0..<bytesOfOne {
        disk.capacityBytes = bytesOfOne + room
        let message = failure { _ = try save(step) }
        #expect(
          message.contains("No space left on device") && message.contains("free some space"))
        #expect(try disk.list(store.folder) == ["step-00000001"])
        #expect(disk.usedBytes == bytesOfOne)
      }
      #expect(try store.newestValid().checkpoint == old)
      disk.capacityBytes = nil
    }
    #expect(try save(2).step == Step(2))
  }

  @Test(
    "A crash at any operation leaves the older checkpoint or both",
    arguments: 0..<20 as Range<UInt64>)
  func crashAnywhere(seed: UInt64) throws {
    var operations = 0
    var isWritten = false
    while !isWritten {
      let disk = SimulatedDisk(seed: seed)
      var store = try CheckpointStore(owning: "run/checkpoints", files: disk)
      func save(_ step: UInt32) throws {
        try store.write(
          step: Step(step), tensors: smallTensors(from: Float(step)), replicaDigest: smallDigest,
          state: SmallState())
      }
      try save(1)
      disk.fail(after: operations)
      isWritten =
        failure {
          try save(2)
          try store.retain(last: 1)
        }.isEmpty
      disk.crash()
      store = try CheckpointStore(owning: "run/checkpoints", files: disk)
      let newest = try store.newestValid()
      #expect(newest.rejected.isEmpty, "operation \(operations)")
      let step = try #require(newest.checkpoint?.step)
      #expect(step == Step(2) || step == Step(1) && !isWritten, "operation \(operations)")
      let loaded = zeroTensors(smallLayout)
      try store.load(#require(newest.checkpoint), into: loaded)
      #expect(loaded.master.pointer[0] == Float(step.rawValue))
      #expect(try disk.list("run/checkpoints").allSatisfy { $0.count == "step-00000001".count })
      operations += 1
    }
  }

  // MARK: Retention

  @Test("The last three and every fiftieth stay")
  func retain() throws {
    for step: UInt32 in [50, 60, 70, 80, 90, 100, 110] { try save(step) }
    let removed = try store.retain(last: 3, every: 50)
    #expect(removed == [Step(60), Step(70), Step(80)])
    #expect(try store.list() == [Step(50), Step(90), Step(100), Step(110)])
  }

  @Test("The best one stays beside the last ones, and one that is not there is not missed")
  func retainBest() throws {
    for step: UInt32 in [10, 20, 30, 40] { try save(step) }
    #expect(try store.retain(last: 1, best: Step(20)) == [Step(10), Step(30)])
    #expect(try store.retain(last: 2, best: Step(25)).isEmpty)
    #expect(try store.list() == [Step(20), Step(40)])
  }

  @Test("The newest valid one stays, however old it is")
  func retainValid() throws {
    for step: UInt32 in 1...5 { try save(step) }
    for step: UInt32 in 3...5 {
      try Files.remove(store.path(of: Step(step)) + "/manifest.json")
    }
    #expect(try store.retain(last: 2) == [Step(1), Step(3)])
    #expect(try store.list() == [Step(2), Step(4), Step(5)])
    #expect(try store.newestValid().checkpoint?.step == Step(2))
  }

  @Test("Where none is valid, none is removed; a folder in the making is left alone")
  func retainNone() throws {
    for step: UInt32 in 1...3 {
      try save(step)
      try Files.remove(store.path(of: Step(step)) + "/manifest.json")
    }
    try Files.createFolder(store.path(of: Step(4)) + ".partial")
    #expect(try store.retain(last: 1).isEmpty)
    #expect(try store.list().count == 3)
    #expect(Files.exists(store.path(of: Step(4)) + ".partial"))
  }
}
