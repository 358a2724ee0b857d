// What is committed to a journal and what is replayed from it.

import Basics
import Checkpoints
import Simulation
import Tensors
import TestSupport
import Testing

@Suite("Journal") struct JournalTests {
  private let disk = SimulatedDisk(seed: 0)
  private var journal: SmallJournal { SmallJournal(files: disk) }

  @Test("What is committed is what is replayed, on the disk as on a simulated one")
  func roundTrip() throws {
    let scratch = try TemporaryFolder()
    for journal in [journal, SmallJournal(files: DiskFiles(), folder: scratch.file("journal"))] {
      let writer = try journal.writer(after: 0)
      try writer.commit(1...3, of: journal)
      try writer.rotate()
      try writer.commit(4...6, of: journal)
      #expect(writer.lastStep == Step(6))
      for start: UInt32 in 0...6 {
        let found = try journal.replay(after: start)
        #expect(found.steps == Array(1...6).filter { $0 > start })
        #expect(found.ending == .end(after: Step(6)))
      }
    }
  }

  @Test("A journal that is not there, empty, or older than the step ends where it was asked")
  func nothingToReplay() throws {
    #expect(try journal.replay(after: 4).ending == .end(after: Step(4)))
    let writer = try journal.writer(after: 0)
    #expect(try journal.replay(after: 0).ending == .end(after: Step(0)))
    try writer.commit(1...2, of: journal)
    let found = try journal.replay(after: 7)
    #expect(found.steps.isEmpty && found.ending == .end(after: Step(7)))
  }

  @Test(
    "A model of one chunk and a value too many for none has its journal too", arguments: [1, 4, 5])
  func otherGrids(valueCount: Int) throws {
    let journal = SmallJournal(
      files: disk, grid: ChunkGrid(valueCount: valueCount, valuesPerChunk: 4))
    try journal.writer(after: 0).commit(1...7, of: journal)
    #expect(try journal.replay(after: 0).steps == Array(1...7))
  }

  @Test("A note of 1 MiB comes back")
  func longNote() throws {
    let note = [UInt8](repeating: 7, count: JournalWriter.noteLimitBytes)
    let writer = try journal.writer(after: 0)
    try writer.commit(Step(1), note: note, sum: journal.sum(1))
    var found: [UInt8] = []
    let reader = JournalReader(
      folder: journal.folder, files: disk, run: journal.run, grid: journal.grid)
    _ = try reader.replay(after: Step(0)) { found = $0.note }
    #expect(found == note)
  }

  @Test("Chunks may be staged in any order, twice or not at all: the bytes are the same")
  func staging() throws {
    let writer = try journal.writer(after: 0)
    try writer.commit(1...3, of: journal)
    let expected = try journal.bytes(after: 0)
    for (first, second) in [([2, 0, 1], [1]), ([1, 1, 2], [0, 2]), ([], [2, 1, 0])] {
      let other = SmallJournal(files: SimulatedDisk(seed: 1))
      let writer = try other.writer(after: 0)
      for (step, chunks): (UInt32, [Int]) in [(1, first), (2, second)] {
        for chunk in chunks { writer.stage(chunk, ofStep: step, of: other) }
        try writer.commit(step...step, of: other)
      }
      try writer.commit(3...3, of: other)
      #expect(try other.bytes(after: 0) == expected)
    }
  }

  @Test("What was staged before a new segment is written there by the commit")
  func stagedBeforeRotating() throws {
    let writer = try journal.writer(after: 0)
    try writer.commit(1...1, of: journal)
    let whole = try journal.bytes(after: 0)
    writer.stage(1, ofStep: 2, of: journal)
    try writer.rotate()
    #expect(try journal.bytes(after: 0) == whole)
    try writer.commit(2...2, of: journal)
    #expect(try journal.replay(after: 0).steps == [1, 2])
  }

  // MARK: Segments

  @Test("A new segment begins after the last step, unless the current one is empty")
  func rotate() throws {
    let writer = try journal.writer(after: 0)
    try writer.rotate()
    #expect(try disk.list(journal.folder) == ["after-00000000"])
    try writer.commit(1...5, of: journal)
    try writer.rotate()
    try writer.rotate()
    #expect(try disk.list(journal.folder) == ["after-00000000", "after-00000005"])
  }

  @Test("Segments go when all they hold is not needed any more, the current one never")
  func drop() throws {
    let writer = try journal.writer(after: 0)
    for start: UInt32 in [1, 3, 5] {
      try writer.commit(start...start + 1, of: journal)
      try writer.rotate()
    }
    #expect(writer.byteCount == disk.usedBytes)
    try writer.drop(through: Step(3))
    #expect(
      try disk.list(journal.folder) == ["after-00000002", "after-00000004", "after-00000006"])
    #expect(try journal.replay(after: 3).steps == [4, 5, 6])
    try writer.drop(through: Step(100))
    #expect(try disk.list(journal.folder) == ["after-00000006"])
    #expect(writer.byteCount == disk.usedBytes)
  }

  @Test("Another opening goes on in a segment of its own and counts the bytes of all")
  func reopened() throws {
    try journal.writer(after: 0).commit(1...2, of: journal)
    let writer = try journal.writer(after: 2)
    #expect(writer.byteCount == disk.usedBytes)
    try writer.commit(3...4, of: journal)
    #expect(try disk.list(journal.folder) == ["after-00000000", "after-00000002"])
    #expect(try journal.replay(after: 0).steps == [1, 2, 3, 4])
  }

  // MARK: Refusals

  @Test("A journal that was not replayed is not overwritten")
  func notReplayed() throws {
    try journal.writer(after: 0).commit(1...1, of: journal)
    let before = try journal.bytes(after: 0)
    #expect(throws: JournalError.notReplayed(path: journal.path(after: 0), step: Step(1))) {
      try journal.writer(after: 0)
    }
    #expect(try journal.bytes(after: 0) == before)
  }

  @Test("A segment of another run or another model is refused by reader and writer")
  func foreign() throws {
    _ = try journal.writer(after: 0)
    let path = journal.path(after: 0)
    let otherRun = SmallJournal(files: disk, run: "c1")
    let runError = JournalError.otherRun(path: path, expected: "c1", found: "b0a7")
    #expect(throws: runError) { try otherRun.replay(after: 0) }
    #expect(throws: runError) { try otherRun.writer(after: 0) }
    #expect(runError.description.hasPrefix("\(path) belongs to run b0a7, and this is run c1"))

    let grid = ChunkGrid(valueCount: 11, valuesPerChunk: 5)
    let otherGrid = SmallJournal(files: disk, grid: grid)
    let gridError = JournalError.otherGrid(path: path, expected: grid, found: smallGrid)
    #expect(throws: gridError) { try otherGrid.replay(after: 0) }
    #expect(throws: gridError) { try otherGrid.writer(after: 0) }
    #expect(
      gridError.description
        == "\(path) holds sums of 11 values in chunks of 4, but the model has 11 values in chunks "
        + "of 5; it belongs to another model")
  }

  @Test("A later format is told by its version")
  func laterVersion() throws {
    _ = try journal.writer(after: 0)
    var bytes = try journal.bytes(after: 0)
    (bytes[8], bytes[12]) = (2, ~2)
    try journal.replace(after: 0, bytes)
    let message = failure { _ = try journal.replay(after: 0) }
    #expect(message.contains("is of journal format 2, but this program reads format 1"))
  }

  @Test("What replaying a step throws ends the walk")
  func bodyThrows() throws {
    try journal.writer(after: 0).commit(1...3, of: journal)
    struct Stop: Error {}
    let reader = JournalReader(
      folder: journal.folder, files: disk, run: journal.run, grid: journal.grid)
    #expect(throws: Stop.self) { try reader.replay(after: Step(0)) { _ in throw Stop() } }
  }
}
