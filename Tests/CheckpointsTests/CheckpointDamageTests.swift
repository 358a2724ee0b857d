// Checkpoints that are damaged or of another format: what is said, and which is taken instead.

import Basics
import Checkpoints
import Tensors
import TestSupport
import Testing

@Suite("Damaged and foreign checkpoints") struct CheckpointDamageTests {
  private static let names = CheckpointFile.allCases.map(\.rawValue) + ["manifest.json"]

  private let scratch: TemporaryFolder
  private let store: CheckpointStore
  private let old: Checkpoint
  private let new: Checkpoint

  init() throws {
    scratch = try TemporaryFolder()
    store = try CheckpointStore(owning: scratch.file("checkpoints"))
    func save(_ step: UInt32, _ store: CheckpointStore) throws -> Checkpoint {
      try store.write(
        step: Step(step), tensors: smallTensors(), replicaDigest: smallDigest, state: SmallState())
    }
    old = try save(10, store)
    new = try save(20, store)
  }

  /// Why the newer checkpoint is passed over for the older one; nil when it is not.
  private func rejection() throws -> String? {
    let newest = try store.newestValid()
    if newest.checkpoint == new { return nil }
    #expect(newest.checkpoint == old)
    #expect(newest.rejected.map(\.step) == [Step(20)])
    return newest.rejected.first?.reason
  }

  @Test("A missing file is named, and the older checkpoint taken", arguments: names)
  func missing(name: String) throws {
    try Files.remove(new.path + "/" + name)
    let reason = try #require(try rejection())
    #expect(reason == "cannot open \(new.path)/\(name): No such file or directory")
  }

  @Test("A file cut short is named", arguments: names)
  func truncated(name: String) throws {
    let path = new.path + "/" + name
    let whole = try bytes(of: path)
    for count in [0, 1, whole.count / 2, whole.count - 2] {
      try write(Array(whole[..<count]), to: path)
      let reason = try #require(try rejection())
      #expect(reason.hasPrefix("\(path) is damaged: "), "cut at \(count): \(reason)")
    }
  }

  @Test("Any one flipped bit of any file is found", arguments: names)
  func flipped(name: String) throws {
    let path = new.path + "/" + name
    let whole = try bytes(of: path)
    for index in 0..<whole.count {
      var flipped = whole
      flipped[index] ^= 1 << UInt8(index % 5)
      try write(flipped, to: path)
      let found = try store.newestValid()
      #expect(
        found.checkpoint == old || name == "manifest.json" && found.checkpoint == new, "\(index)")
      #expect(found.rejected.allSatisfy { $0.reason.contains(path) })
    }
  }

  @Test("A digest that differs is told with both digests")
  func digestMessage() throws {
    let path = new.path(of: .replica)
    var damaged = try bytes(of: path)
    damaged[damaged.count - 1] ^= 1
    try write(damaged, to: path)
    let expected = new.manifest.files[1].digest
    let found = damaged.withUnsafeBytes { Digest(of: $0) }
    #expect(
      try rejection() == "\(path) is damaged: its digest should be \(expected) but is \(found)")
  }

  @Test(
    "One that holds a number that is not finite is passed over, with file and tensor",
    arguments: [
      (CheckpointFile.parameters, "w.weight"), (.replica, "w.weight"),
      (.optimizer, "exp_avg.w.weight"), (.optimizer, "exp_avg_sq.w.weight"),
    ])
  func notFinite(file: CheckpointFile, tensor: String) throws {
    let tensors = smallTensors()
    let buffer =
      switch (file, tensor) {
      case (.parameters, _): tensors.master
      case (.replica, _): tensors.replica
      case (_, "exp_avg.w.weight"): tensors.firstMoment
      default: tensors.secondMoment
      }
    buffer.pointer[3] = .nan
    buffer.pointer[9] = .infinity
    try store.write(
      step: Step(30), tensors: tensors, replicaDigest: smallDigest, state: SmallState())
    let newest = try store.newestValid()
    #expect(newest.checkpoint == new)
    #expect(
      newest.rejected.map(\.reason) == [
        "\(store.path(of: Step(30)))/\(file.rawValue) holds numbers that are not finite, in tensor "
          + "\(tensor) first: the run had diverged"
      ])
  }

  @Test("A later format is told by its version, whatever else it changed")
  func laterVersion() throws {
    let path = new.path + "/manifest.json"
    try Files.writeDurably(#"{"formatVersion": 2, "steps": [20]}"#, to: path)
    let reason = try #require(try rejection())
    #expect(reason.hasPrefix("\(path) is of checkpoint format 2, but this program reads format 1"))
  }

  @Test("A checkpoint under another step's name is refused")
  func renamed() throws {
    try Files.rename(new.path, to: store.path(of: Step(30)))
    let newest = try store.newestValid()
    #expect(newest.checkpoint == old)
    #expect(newest.rejected.first?.reason.contains("it is of step 20, its folder of 30") == true)
  }

  // MARK: Another model

  private func loadFailure(_ layout: ParameterLayout) -> String {
    failure { try store.load(new, into: zeroTensors(layout)) }
  }

  @Test("A tensor of another shape is named, with both shapes and the file")
  func otherShape() {
    let message = loadFailure(
      ParameterLayout([
        ("cls_token", [1, 1, 2], .token), ("w.weight", [3, 2], .matrix), ("w.bias", [3], .bias),
      ]))
    #expect(message.hasPrefix(new.path(of: .parameters)))
    #expect(message.contains("tensor w.weight has shape [2, 3] but should have [3, 2]"))
    #expect(message.contains("another model"))
  }

  @Test("A tensor that the checkpoint lacks is named")
  func missingTensor() {
    let message = loadFailure(
      ParameterLayout([
        ("cls_token", [1, 1, 2], .token), ("w.weight", [2, 3], .matrix), ("w.bias", [3], .bias),
        ("norm.weight", [2], .norm),
      ]))
    #expect(message.hasPrefix("\(new.path(of: .parameters)) has no tensor norm.weight"))
  }

  @Test("A tensor that the model lacks is named")
  func unexpectedTensor() {
    let message = loadFailure(
      ParameterLayout([("cls_token", [1, 1, 2], .token), ("w.weight", [2, 3], .matrix)]))
    #expect(message.hasPrefix("\(new.path(of: .parameters)) has a tensor w.bias that the model"))
  }

  @Test("A state of another kind says which field is wrong")
  func otherState() {
    struct Other: Codable { let learningRate: Double }
    let message = failure { _ = try store.state(of: new, as: Other.self) }
    #expect(message == "\(new.path(of: .state)) is damaged: learningRate is missing")
  }
}
