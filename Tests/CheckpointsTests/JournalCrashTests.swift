// Journals on a simulated disk that crashes at every operation.

import Basics
import Checkpoints
import Simulation
import Tensors
import Testing

@Suite("Journals after a crash") struct JournalCrashTests {
  /// What a coordinator with a checkpoint every third step does with its journal, up to `last`.
  /// - Parameters:
  ///   - committed: the last step that is promised to be durable.
  ///   - checkpoint: the newest step for which the journal is not needed.
  private func work(
    _ journal: SmallJournal, from start: UInt32, to last: UInt32, committed: inout UInt32,
    checkpoint: inout UInt32
  ) throws {
    let writer = try journal.writer(after: start)
    committed = start
    for step in start + 1...last {
      for chunk in [2, 0] { writer.stage(chunk, ofStep: step, of: journal) }
      try writer.commit(step...step, of: journal)
      committed = step
      if step % 3 == 0 {
        checkpoint = step
        try writer.rotate()
        try writer.drop(through: Step(step))
      }
    }
  }

  /// Replays, and checks that it gives what was committed, or that and the step that was being
  /// committed.
  /// - Returns: the last step.
  private func recover(
    _ journal: SmallJournal, committed: UInt32, checkpoint: UInt32, _ place: String
  ) throws -> UInt32 {
    let (steps, ending) = try journal.replay(after: checkpoint)
    #expect(ending.isNormal, "\(place): \(ending)")
    let last = ending.step.rawValue
    #expect(last == committed || last == committed + 1, "\(place): \(ending)")
    #expect(steps == Array(checkpoint + 1..<last + 1), "\(place)")
    return last
  }

  @Test(
    "At any operation: nothing committed is lost, and the journal goes on",
    arguments: 0..<40 as Range<UInt64>)
  func anywhere(seed: UInt64) throws {
    var isDone = false
    var operations = 0
    while !isDone {
      let disk = SimulatedDisk(seed: seed)
      let journal = SmallJournal(files: disk)
      let place = "seed \(seed), operation \(operations)"
      var (committed, checkpoint): (UInt32, UInt32) = (0, 0)
      disk.fail(after: operations)
      isDone =
        failure {
          try work(journal, from: 0, to: 7, committed: &committed, checkpoint: &checkpoint)
        }.isEmpty
      disk.crash()
      let last = try recover(journal, committed: committed, checkpoint: checkpoint, place)
      try work(
        journal, from: last, to: last + 4, committed: &committed, checkpoint: &checkpoint)
      #expect(
        try recover(journal, committed: committed, checkpoint: checkpoint, place) == last + 4)
      operations += 1
    }
  }

  @Test(
    "Again and again, with and without the power: nothing committed is lost",
    arguments: 0..<300 as Range<UInt64>)
  func repeatedly(seed: UInt64) throws {
    let disk = SimulatedDisk(seed: seed)
    let journal = SmallJournal(files: disk)
    var random = CounterRandom(seed: seed, purpose: .simulation)
    var (last, committed, checkpoint): (UInt32, UInt32, UInt32) = (0, 0, 0)
    for round in 0..<12 {
      let place = "seed \(seed), round \(round)"
      disk.fail(after: random.index(below: 60))
      _ = failure {
        try work(
          journal, from: last, to: last + 8, committed: &committed, checkpoint: &checkpoint)
      }
      // A process that dies leaves what the system holds for it; a power cut does not.
      if random.index(below: 2) == 0 { disk.heal() } else { disk.crash() }
      last = try recover(journal, committed: committed, checkpoint: checkpoint, place)
    }
  }

  @Test(
    "Steps replayed from memory are durable before new ones are", arguments: 0..<50 as Range<UInt64>
  )
  func replayedFromMemory(seed: UInt64) throws {
    let disk = SimulatedDisk(seed: seed)
    let journal = SmallJournal(files: disk)
    let writer = try journal.writer(after: 0)
    try writer.commit(1...1, of: journal)
    // The process dies at the fsync of the second step: 3 chunks, note and head are written by
    // then.
    disk.fail(after: 5)
    #expect(throws: FileError.self) { try writer.commit(2...2, of: journal) }
    disk.heal()
    #expect(try journal.replay(after: 0).steps == [1, 2])
    try journal.writer(after: 2).commit(3...3, of: journal)
    disk.crash()
    #expect(try journal.replay(after: 0).steps == [1, 2, 3])
  }

  @Test(
    "After an fsync that failed the bytes are written again", arguments: 0..<50 as Range<UInt64>)
  func failedSynchronization(seed: UInt64) throws {
    let disk = SimulatedDisk(seed: seed)
    let journal = SmallJournal(files: disk)
    let writer = try journal.writer(after: 0)
    disk.fail(after: 5)
    #expect(throws: FileError.self) { try writer.commit(1...1, of: journal) }
    disk.heal()
    let before = disk.operationCount
    try writer.commit(1...1, of: journal)
    // 3 chunks, note, head, fsync.
    #expect(disk.operationCount == before + 6)
    disk.crash()
    #expect(try journal.replay(after: 0).steps == [1])
  }
}
