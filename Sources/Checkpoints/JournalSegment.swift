// One segment of a journal, and what can be read of it. Trusts none of its bytes.

import Basics

/// One segment, open for reading.
struct JournalSegment {
  let after: Step
  let file: MappedFile
  let format: JournalFormat
  /// Nil when the header is torn or damaged.
  let recordsStart: Int?

  var byteCount: Int { file.bytes.count }
  /// What its header should have.
  var headerBytes: Int { format.header(after: after).count }

  /// What stands at a place where a record should.
  enum Reading {
    case whole(JournalRecord, end: Int)
    /// - `isLast`: nothing shows that anything was written after it.
    case unusable(problem: String, isLast: Bool)
  }

  /// Reads the record of a step, every byte of it.
  func record(of step: Step, at offset: Int) -> Reading {
    file.withBytes { bytes in
      guard let head = format.recordHead(in: bytes, at: offset) else {
        return .unusable(
          problem: "the head of step \(step) is not as it was written",
          isLast: !holdsHead(of: step.next, behind: offset, in: bytes))
      }
      let end = offset + format.recordBytes(noteBytes: head.noteBytes)
      guard head.step == step else {
        return .unusable(problem: "it holds step \(head.step), not \(step)", isLast: false)
      }
      guard end <= bytes.count else {
        return .unusable(problem: "step \(step) is cut off", isLast: true)
      }
      if let problem = problem(with: head, at: offset, in: bytes) {
        return .unusable(problem: problem, isLast: end == bytes.count)
      }
      return .whole(JournalRecord(head, of: file, at: offset, format), end: end)
    }
  }

  /// Where the record of a step ends, by its head alone; nil when that is damaged or of another
  /// step.
  func end(of step: Step, at offset: Int) -> Int? {
    file.withBytes { bytes in
      guard let head = format.recordHead(in: bytes, at: offset), head.step == step else {
        return nil
      }
      let end = offset + format.recordBytes(noteBytes: head.noteBytes)
      return end <= bytes.count ? end : nil
    }
  }

  /// Nil when every chunk and the note are as the head says.
  private func problem(
    with head: JournalFormat.RecordHead, at offset: Int, in bytes: UnsafeRawBufferPointer
  ) -> String? {
    func digest(_ start: Int, _ count: Int) -> Digest {
      Digest(of: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
    }
    for chunk in format.grid.chunks {
      let count = format.grid.range(of: chunk).count * MemoryLayout<Float>.stride
      let found = digest(offset + format.offset(of: chunk), count)
      if found != head.chunkDigests[chunk.index] {
        return "chunk \(chunk) of step \(head.step) is not as it was written"
      }
    }
    let found = digest(offset + format.noteOffset, format.paddedNoteBytes(head.noteBytes))
    return found == head.noteDigest ? nil : "the note of step \(head.step) is not as it was written"
  }

  /// Whether a head of `step` stands anywhere that the record after an unreadable one at `offset`
  /// can begin.
  private func holdsHead(
    of step: Step, behind offset: Int, in bytes: UnsafeRawBufferPointer
  ) -> Bool {
    let first = offset + format.recordBytes(noteBytes: 0)
    let last = offset + format.recordBytes(noteBytes: JournalFormat.noteLimitBytes)
    if bytes.count > last { return true }
    return stride(from: first, to: bytes.count, by: 8).contains {
      format.recordHead(in: bytes, at: $0)?.step == step
    }
  }
}
