// One step of a journal.

import Basics
import Tensors

/// A record whose every byte was checked.
package struct JournalRecord: Sendable {
  package let step: Step
  /// What the writer's caller gave with the step.
  package let note: [UInt8]
  private let format: JournalFormat
  private let segment: MappedFile
  private let offset: Int

  /// - Precondition: a record that was checked lies at `offset` of the segment.
  init(
    _ head: JournalFormat.RecordHead, of segment: MappedFile, at offset: Int,
    _ format: JournalFormat
  ) {
    step = head.step
    self.format = format
    self.segment = segment
    self.offset = offset
    let noteStart = offset + format.noteOffset
    note = segment.withBytes { Array($0[noteStart..<noteStart + head.noteBytes]) }
  }

  /// Lends a chunk of the step's gradient sum, in place.
  /// - Parameter body: must not keep the pointer.
  package func withChunk<Result>(
    _ chunk: ChunkIndex, _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try segment.withBytes { bytes in
      // Records and heads are multiples of 8 bytes, so that the floats are aligned.
      let start = offset + format.offset(of: chunk)
      let count = format.grid.range(of: chunk).count * MemoryLayout<Float>.stride
      let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
      return try body(raw.bindMemory(to: Float.self))
    }
  }

  /// Copies the step's whole gradient sum.
  /// - Precondition: `buffer` has the count of the journal's grid.
  package func copySum(into buffer: FloatBuffer) {
    precondition(buffer.count == format.grid.valueCount)
    for chunk in format.grid.chunks {
      withChunk(chunk) { _ = buffer[format.grid.range(of: chunk)].update(fromContentsOf: $0) }
    }
  }
}
