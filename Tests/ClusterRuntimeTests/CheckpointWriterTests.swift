// Checkpoints that are written beside a run, from a copy.

import Basics
import Checkpoints
import ClusterRuntime
import Dispatch
import Simulation
import Synchronization
import Tensors
import Testing
import TrainingRun

@Suite("Checkpoints beside the run") struct CheckpointWriterTests {
  private static let layout = ParameterLayout([
    ("w.weight", [2, 3], .matrix), ("w.bias", [3], .bias),
  ])
  /// Files of a checkpoint, its manifest included.
  private static let filesOfOne = CheckpointFile.allCases.count + 1

  private let disk = SimulatedDisk(seed: 0)
  private let outcomes = Outcomes()

  /// What the writer reported, and a wait for more of it.
  private final class Outcomes: Sendable {
    private let reported = Mutex<[CheckpointOutcome]>([])
    private let news = DispatchSemaphore(value: 0)

    func add(_ outcome: CheckpointOutcome) {
      reported.withLock { $0.append(outcome) }
      news.signal()
    }

    /// The next one, in order.
    func next() throws -> CheckpointOutcome {
      try #require(news.wait(timeout: .now() + 60) == .success)
      return reported.withLock { $0.removeFirst() }
    }
  }

  private func writer(
    _ files: any FileStore, last: Int = 2, every: Int? = nil
  ) throws -> CheckpointWriter {
    try CheckpointWriter(
      store: try CheckpointStore(owning: "checkpoints", files: files), layout: Self.layout,
      keepsAverage: true,
      retention: CheckpointRetention(last: last, every: every)
    ) { [outcomes] outcome, _ in outcomes.add(outcome) }
  }

  private func tensors() -> CheckpointTensors {
    CheckpointTensors(zerosOf: Self.layout, averaged: true)
  }

  private func fill(_ tensors: CheckpointTensors, from value: Float) {
    for (index, buffer) in tensors.vectors.enumerated() { buffer.fill(value + Float(index)) }
  }

  private func begin(
    _ step: UInt32, _ tensors: CheckpointTensors, _ writer: CheckpointWriter
  ) -> Bool {
    writer.begin(
      CheckpointOrder(
        step: Step(step), tensors: tensors, replicaDigest: Digest(of: "replica"), state: [step]))
  }

  /// First values of master, replica, moments and average in a checkpoint.
  private func stored(_ checkpoint: Checkpoint) throws -> [Float] {
    let loaded = tensors()
    let store = CheckpointStore(reading: "checkpoints", files: disk)
    try store.load(store.checkpoint(of: checkpoint.step), into: loaded)
    return withExtendedLifetime(loaded) {
      loaded.vectors.map { $0.pointer[0] }
    }
  }

  @Test("What is written is what the tensors held when it was asked for, though they moved on")
  func snapshot() throws {
    let files = GatedFiles(disk)
    let writer = try writer(files)
    let tensors = tensors()
    fill(tensors, from: 10)
    #expect(begin(4, tensors, writer))
    writer.waitUntilCopied()
    // No file exists yet: the update waits for the copy, and for nothing of the disk.
    fill(tensors, from: 20)
    files.open(Self.filesOfOne)
    let outcome = try outcomes.next()
    #expect(outcome.step == Step(4))
    #expect(try stored(outcome.result.get()) == [10, 11, 12, 13, 14])
    writer.close()
  }

  @Test("One is written at a time; the next can be begun when the one before is reported")
  func bounded() throws {
    let files = GatedFiles(disk)
    let writer = try writer(files)
    let tensors = tensors()
    #expect(begin(1, tensors, writer))
    #expect(!begin(2, tensors, writer))
    files.open(Self.filesOfOne)
    #expect(try outcomes.next().step == Step(1))
    files.open(Self.filesOfOne)
    #expect(begin(3, tensors, writer))
    #expect(try outcomes.next().step == Step(3))
    writer.close()
    #expect(try disk.list("checkpoints") == ["step-00000001", "step-00000003"])
  }

  @Test("Older ones are cleared away after it is durable")
  func retention() throws {
    let writer = try writer(disk, last: 1, every: 2)
    let tensors = tensors()
    var removed: [Step] = []
    for step: UInt32 in 1...4 {
      #expect(begin(step, tensors, writer))
      removed += try outcomes.next().retention?.get() ?? []
    }
    writer.close()
    #expect(removed == [Step(1), Step(3)])
  }

  @Test("A full disk is reported, leaves the older one, and the next is written when there is room")
  func fullDisk() throws {
    let writer = try writer(disk)
    let tensors = tensors()
    #expect(begin(1, tensors, writer))
    #expect(try outcomes.next().result.get().step == Step(1))
    disk.capacityBytes = disk.usedBytes + 100
    #expect(begin(2, tensors, writer))
    let failed = try outcomes.next()
    let error = #expect(throws: FileError.self) { try failed.result.get() }
    #expect(error?.isFullDisk == true && failed.retention == nil)
    #expect(try disk.list("checkpoints") == ["step-00000001"])
    disk.capacityBytes = nil
    #expect(begin(3, tensors, writer))
    #expect(try outcomes.next().result.get().step == Step(3))
    writer.close()
  }

  @Test("Nothing to wait for takes no time, and closing finishes what is being written")
  func closing() throws {
    let writer = try writer(disk)
    #expect(writer.waitUntilCopied() < .seconds(1))
    #expect(begin(1, tensors(), writer))
    writer.close()
    #expect(try outcomes.next().result.get().step == Step(1))
  }
}
