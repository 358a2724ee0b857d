// Journals that are cut, flipped or incomplete: what is replayed, and what is said.

import Basics
import Checkpoints
import Simulation
import Tensors
import Testing

@Suite("Torn and damaged journals") struct JournalDamageTests {
  private let disk = SimulatedDisk(seed: 0)
  private var journal: SmallJournal { SmallJournal(files: disk) }

  /// Writes three steps.
  /// - Returns: the segment's bytes, and how long it was after 0, 1, 2 and 3 steps.
  private func threeSteps() throws -> (bytes: [UInt8], ends: [Int]) {
    let writer = try journal.writer(after: 0)
    var ends = [writer.byteCount]
    for step: UInt32 in 1...3 {
      try writer.commit(step...step, of: journal)
      ends.append(writer.byteCount)
    }
    return (try journal.bytes(after: 0), ends)
  }

  @Test("Cut at any byte, the whole records before it are there and the rest is a torn tail")
  func torn() throws {
    let (bytes, ends) = try threeSteps()
    for cut in 0..<bytes.count {
      try journal.replace(after: 0, Array(bytes[..<cut]))
      let (steps, ending) = try journal.replay(after: 0)
      let whole = ends.lastIndex { $0 <= cut } ?? 0
      #expect(steps == Array(1...3).prefix(whole).map { $0 }, "cut at \(cut)")
      if ends.contains(cut) {
        #expect(ending == .end(after: Step(index: whole)))
      } else {
        let offset = cut < ends[0] ? 0 : ends[whole]
        #expect(
          ending
            == .torn(after: Step(index: whole), path: journal.path(after: 0), offset: offset))
      }
    }
  }

  @Test("A journal cut anywhere can be gone on with, and is whole again")
  func tornAndContinued() throws {
    let (bytes, _) = try threeSteps()
    for cut in 0...bytes.count {
      try disk.remove(journal.folder)
      try disk.createFolder(journal.folder)
      try journal.replace(after: 0, Array(bytes[..<cut]))
      let last = try journal.replay(after: 0).ending.step.rawValue
      let writer = try journal.writer(after: last)
      try writer.commit(last + 1...5, of: journal)
      let (steps, ending) = try journal.replay(after: 0)
      #expect(steps == Array(1...5) && ending == .end(after: Step(5)), "cut at \(cut)")
    }
  }

  @Test("A flipped bit at any byte ends the walk before its step, and is told with file and place")
  func flipped() throws {
    let (bytes, ends) = try threeSteps()
    let path = journal.path(after: 0)
    for index in 0..<bytes.count {
      disk.flipBit(index % 8, ofByte: index, in: path)
      let (steps, ending) = try journal.replay(after: 0)
      disk.flipBit(index % 8, ofByte: index, in: path)
      let whole = max(0, ends.filter { $0 <= index }.count - 1)
      #expect(steps == Array(1...3).prefix(whole).map { $0 }, "byte \(index)")
      switch ending {
      case .damaged(let step, path, let offset, _):
        #expect(step == Step(index: whole) && whole < 3, "byte \(index)")
        #expect(offset == (index < ends[0] ? 0 : ends[whole]), "byte \(index)")
      case .torn(let step, path, let offset):
        // The last record cannot be told from one that was being written.
        #expect(step == Step(2) && offset == ends[2] && index >= ends[2], "byte \(index)")
      default:
        Issue.record("byte \(index): \(ending)")
      }
    }
  }

  @Test("A note's length that is a lie is not believed")
  func impossibleNote() throws {
    let (bytes, ends) = try threeSteps()
    var lying = bytes
    // The length of the second record's note.
    for place in 0..<4 { lying[ends[1] + 12 + place] = 0xFF }
    try journal.replace(after: 0, lying)
    #expect(try journal.replay(after: 0).steps == [1])
  }

  @Test("Damage in an older segment ends the walk there, and what comes later is dropped")
  func damagedInTheMiddle() throws {
    let writer = try journal.writer(after: 0)
    try writer.commit(1...3, of: journal)
    let end = writer.byteCount
    try writer.rotate()
    try writer.commit(4...6, of: journal)
    disk.flipBit(0, ofByte: end - 1, in: journal.path(after: 0))
    let (steps, ending) = try journal.replay(after: 0)
    #expect(steps == [1, 2])
    #expect(!ending.isNormal && ending.step == Step(2))
    #expect(
      ending.description.contains("\(journal.path(after: 0)) is damaged at byte")
        && ending.description.contains("the note of step 3 is not as it was written"))
    // A newer checkpoint needs nothing of it.
    #expect(try journal.replay(after: 3).steps == [4, 5, 6])

    try journal.writer(after: 2).commit(3...3, of: journal)
    #expect(try disk.list(journal.folder) == ["after-00000000", "after-00000002"])
    let repaired = try journal.replay(after: 0)
    #expect(repaired.steps == [1, 2, 3] && repaired.ending == .end(after: Step(3)))
  }

  @Test("A segment that is gone is told by the one that comes after the gap")
  func missing() throws {
    let writer = try journal.writer(after: 0)
    for step: UInt32 in 1...3 {
      try writer.commit(step...step, of: journal)
      try writer.rotate()
    }
    try disk.remove(journal.path(after: 1))
    let (steps, ending) = try journal.replay(after: 0)
    #expect(steps == [1] && ending == .missing(after: Step(1), path: journal.path(after: 2)))
    try disk.remove(journal.path(after: 0))
    #expect(
      try journal.replay(after: 1).ending
        == .missing(after: Step(1), path: journal.path(after: 2)))
    #expect(try journal.replay(after: 2).steps == [3])
  }

  // MARK: Full disks

  @Test(
    "A disk that fills up at any byte of a commit keeps the steps before, and the commit can be tried again"
  )
  func fullDisk() throws {
    let (bytes, ends) = try threeSteps()
    for room in ends[1]..<ends[2] {
      try disk.remove(journal.folder)
      let writer = try journal.writer(after: 0)
      try writer.commit(1...1, of: journal)
      disk.capacityBytes = room
      for chunk in [1, 0] { writer.stage(chunk, ofStep: 2, of: journal) }
      for _ in 0..<2 {
        let error = #expect(throws: FileError.self) { try writer.commit(2...2, of: journal) }
        #expect(error?.isFullDisk == true, "room \(room)")
        #expect(try journal.bytes(after: 0).count == ends[1], "room \(room)")
        #expect(try journal.replay(after: 0).ending == .end(after: Step(1)))
      }
      disk.capacityBytes = nil
      try writer.commit(2...3, of: journal)
      #expect(try journal.bytes(after: 0) == bytes, "room \(room)")
    }
  }

  @Test("Where a new segment finds no room, the next commit begins it")
  func fullWhileRotating() throws {
    let writer = try journal.writer(after: 0)
    try writer.commit(1...1, of: journal)
    disk.capacityBytes = writer.byteCount + 3
    #expect(throws: FileError.self) { try writer.rotate() }
    writer.stage(0, ofStep: 2, of: journal)
    #expect(throws: FileError.self) { try writer.commit(2...2, of: journal) }
    disk.capacityBytes = nil
    try writer.commit(2...3, of: journal)
    #expect(try disk.list(journal.folder) == ["after-00000000", "after-00000001"])
    #expect(try journal.replay(after: 0).steps == [1, 2, 3])
  }
}
