// Checkpoints that are not what was written, and disks that take no more.

import Foundation
import TestSupport
import Testing

@Suite("Damaged checkpoints and full disks") struct DamagedCheckpointTests {
  enum Damage: String, CaseIterable {
    case truncated = "replica.safetensors"
    case bitFlipped = "optimizer.safetensors"
    case stateChanged = "state.json"
    case missing = "manifest.json"

    func apply(to checkpoint: String) throws {
      let path = "\(checkpoint)/\(rawValue)"
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      switch self {
      case .truncated: bytes.removeLast(100)
      case .bitFlipped, .stateChanged: bytes[bytes.count / 2] ^= 1
      case .missing: return try FileManager.default.removeItem(atPath: path)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
    }
  }

  @Test(
    "A damaged checkpoint is passed over by name, and the run goes on from the one before",
    arguments: Damage.allCases)
  func newest(damage: Damage) throws {
    let run = try TinyRun()
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let damaged = run.checkpoint(ofStep: 40)
    // Of step 35, or a little later where the disk was slow.
    let before = try #require(
      try FileManager.default.contentsOfDirectory(atPath: run.folder + "/checkpoints").sorted()
        .last { !damaged.hasSuffix($0) })
    try damage.apply(to: damaged)
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    let warning = try #require(resumed.errors.split(separator: "\n").first)
    #expect(warning.contains("warning passed over the checkpoint of step 40: "), "\(warning)")
    #expect(warning.contains("\(damaged)/\(damage.rawValue)"), "\(warning)")
    #expect(resumed.errors.contains("info loaded \(run.folder)/checkpoints/\(before)\n"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("When all are damaged the run says so and starts again, to the same bits")
  func all() throws {
    let run = try TinyRun("workers.count=2")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    // Of steps 30, 35 and 40, or a little later where the disk was slow.
    let checkpoints = try FileManager.default.contentsOfDirectory(
      atPath: run.folder + "/checkpoints")
    #expect(checkpoints.count == 3)
    for name in checkpoints {
      try Damage.truncated.apply(to: run.folder + "/checkpoints/" + name)
    }
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    for name in checkpoints {
      let step = try #require(name.split(separator: "-").last.flatMap { Int($0) })
      #expect(resumed.errors.contains("passed over the checkpoint of step \(step): "))
    }
    #expect(
      resumed.errors.contains(
        "warning no checkpoint of \(run.folder) is whole; starting again at step 0\n"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test(
    "A disk that is full holds the run up and costs no step: it waits, and goes on when there is room"
  )
  func fullDisk() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(6)
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    // Less than one step in the journal, and more than the metrics.
    try limitFiles(of: coordinator.pid, to: "32768")
    try training.waitForError(" could not be written to the journal: cannot write to ")
    try limitFiles(of: coordinator.pid, to: "unlimited")
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(training.errors.contains(" is in the journal: the run goes on"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
    #expect(run.log.contains("nothing was lost. The run waits and tries again every 2 s"))
  }

  @Test("Without a journal a full disk holds nothing up, and the last checkpoint is tried again")
  func fullDiskWithoutJournal() throws {
    let run = try TinyRun("checkpoints.journalBytes=0")
    let training = try run.startTraining()
    try training.waitForError("info checkpoint \(run.checkpoint(ofStep: 5))")
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    // Less than any file of tensors, and more than the metrics.
    try limitFiles(of: coordinator.pid, to: "65536")
    try training.waitForError("the last checkpoint could not be written: ")
    #expect(
      training.errors.contains(
        "File too large; at most 64 KiB a file are allowed here (ulimit -f); raise that limit, nothing "
          + "was lost. Training goes on"))
    let names = try FileManager.default.contentsOfDirectory(atPath: run.folder + "/checkpoints")
    #expect(names.contains("step-00000005"))
    #expect(names.allSatisfy { !$0.contains("partial") })
    try limitFiles(of: coordinator.pid, to: "unlimited")
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: 40) + "/manifest.json"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  /// The soft limit, which can be raised again.
  private func limitFiles(of process: Int32, to bytes: String) throws {
    let outcome = try run(
      "/usr/bin/prlimit", ["--pid", "\(process)", "--fsize=\(bytes):unlimited"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
