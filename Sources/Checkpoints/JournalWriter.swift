// The journal of a run: the gradient sum of every step since the newest checkpoints, durable before
// the step is published, so that a coordinator that dies loses nothing.

import Basics
import Tensors

/// Appends one record per step to the newest segment of a journal. One caller at a time.
///
/// A segment that exists is never appended to: what a crash left at its end stays there and is
/// void, because the next segment begins before it.
package final class JournalWriter {
  /// Most bytes of a record's note.
  package static let noteLimitBytes = JournalFormat.noteLimitBytes

  /// The last step that is durable.
  package private(set) var lastStep: Step
  private let folder: JournalFolder
  private var files: any FileStore { folder.files }
  private var format: JournalFormat { folder.format }
  /// The segments before the one that is written, oldest first.
  private var closed: [(after: Step, byteCount: Int)]
  private var current: Step
  /// Bytes of whole records in the current segment, header included; the next record begins there.
  private var committedBytes = 0
  /// Nil while the current segment could not be begun: then the next commit tries.
  private var sink: (any FileSink)?
  /// Of the chunks of the record to come that are in the file.
  private var stagedDigests: [Digest?]

  /// Begins a segment after `step`, the last one replayed. Segments that begin later are removed,
  /// and one that begins there is replaced, when it holds no step. When this returns, the steps
  /// replayed are durable: one that was being committed when the process died may not have been.
  /// - Parameters:
  ///   - run: the run's identity, at most 256 bytes.
  ///   - grid: of the model's parameters.
  /// - Throws: `JournalError.notReplayed` when the journal holds the step after it; `JournalError`
  ///   when that segment is of another run, model or format; `FileError`.
  package init(
    folder: String, files: any FileStore = DiskFiles(), run: String, grid: ChunkGrid,
    after step: Step
  ) throws {
    self.folder = JournalFolder(
      path: folder, files: files, format: JournalFormat(run: run, grid: grid))
    lastStep = step
    current = step
    closed = []
    stagedDigests = Array(repeating: nil, count: grid.chunkCount)
    try files.createFolder(folder)
    try clearTheWay()
    try beginSegment()
  }

  /// Bytes of the segments that begin at a step or later.
  package func byteCount(since step: Step) -> Int {
    closed.reduce(committedBytes) { $1.after >= step ? $0 + $1.byteCount : $0 }
  }

  /// Bytes of all segments.
  package var byteCount: Int { closed.reduce(committedBytes) { $0 + $1.byteCount } }

  // MARK: Steps

  /// Writes one chunk of the sum that the next commit will be of, so that the disk has it early; in
  /// any order. A chunk that cannot be written now is written by `commit`, which tells why when it
  /// cannot either.
  package func stage(_ chunk: ChunkIndex, _ values: UnsafeBufferPointer<Float>) {
    do {
      if let sink { try write(chunk, values, to: sink) }
    } catch {
      stagedDigests[chunk.index] = nil
    }
  }

  /// Makes a step durable. On an error the journal is as before the step, and this may be tried
  /// again.
  /// - Parameters:
  ///   - step: the one after `lastStep`.
  ///   - note: at most `noteLimitBytes`.
  ///   - sum: the whole gradient sum, of which staged chunks are not written again.
  package func commit(_ step: Step, note: [UInt8], sum: FloatBuffer) throws(FileError) {
    precondition(step == lastStep.next && note.count <= Self.noteLimitBytes)
    precondition(sum.count == format.grid.valueCount)
    if sink == nil { try beginSegment() }
    guard let sink else { preconditionFailure("a segment was begun and is not there") }
    do {
      for chunk in format.grid.chunks where stagedDigests[chunk.index] == nil {
        let values = UnsafeBufferPointer(sum[format.grid.range(of: chunk)])
        try write(chunk, values, to: sink)
      }
      let padding = format.paddedNoteBytes(note.count) - note.count
      let paddedNote = note + [UInt8](repeating: 0, count: padding)
      try sink.write(paddedNote, at: committedBytes + format.noteOffset)
      let head = JournalFormat.RecordHead(
        step: step, noteBytes: note.count,
        noteDigest: paddedNote.withUnsafeBytes { Digest(of: $0) },
        chunkDigests: stagedDigests.compactMap { $0 })
      try sink.write(format.bytes(of: head), at: committedBytes)
      try sink.synchronize()
    } catch {
      discardStaged()
      throw error
    }
    committedBytes += format.recordBytes(noteBytes: note.count)
    lastStep = step
    forgetStaged()
  }

  private func write(
    _ chunk: ChunkIndex, _ values: UnsafeBufferPointer<Float>, to sink: any FileSink
  ) throws(FileError) {
    precondition(values.count == format.grid.range(of: chunk).count)
    let bytes = UnsafeRawBufferPointer(values)
    let start = committedBytes + format.offset(of: chunk)
    try sink.write(bytes, at: start)
    sink.startWritingOut(start..<start + bytes.count)
    stagedDigests[chunk.index] = Digest(of: bytes)
  }

  /// After a failed fsync the system may take bytes for written that are not: everything is written
  /// anew.
  private func forgetStaged() {
    for index in stagedDigests.indices { stagedDigests[index] = nil }
  }

  /// Cuts the segment back to its whole records. When that fails too it does no harm: what stands
  /// there is overwritten by the next record, or void.
  private func discardStaged() {
    forgetStaged()
    try? sink?.truncate(to: committedBytes)
  }

  // MARK: Segments

  /// Begins a new segment after the last step; where the current one holds no step, it stays. On an
  /// error the next commit tries again: nothing is added to the old segment, because the new one
  /// may be there.
  package func rotate() throws(FileError) {
    if current == lastStep { return }
    discardStaged()
    sink = nil
    closed.append((current, committedBytes))
    current = lastStep
    committedBytes = 0
    try beginSegment()
  }

  /// Removes the segments that hold nothing but steps up to `step`, oldest first; never the current
  /// one.
  package func drop(through step: Step) throws(FileError) {
    var isChanged = false
    while let oldest = closed.first, (closed.dropFirst().first?.after ?? current) <= step {
      try files.remove(folder.path(after: oldest.after))
      closed.removeFirst()
      isChanged = true
    }
    if isChanged { try files.synchronizeFolder(of: folder.path(after: current)) }
  }

  /// Creates the current segment with its header, durably.
  private func beginSegment() throws(FileError) {
    let path = folder.path(after: current)
    let header = format.header(after: current)
    let new = try files.create(path)
    try new.write(header)
    try new.synchronize()
    try files.synchronizeFolder(of: path)
    sink = new
    committedBytes = header.count
    forgetStaged()
  }

  /// Leaves only segments that come before the current one, their bytes durable. Without that, a
  /// power cut could take back steps that were replayed from memory, and leave a gap before those
  /// yet to come.
  private func clearTheWay() throws {
    let found = try folder.segments()
    // Newest first, so that a crash in between leaves no gap that was not there.
    for step in found.reversed() where step > current {
      try files.remove(folder.path(after: step))
    }
    if found.contains(current) {
      let segment = try folder.segment(after: current)
      if let start = segment.recordsStart,
        case .whole(let record, _) = segment.record(of: current.next, at: start)
      {
        throw JournalError.notReplayed(path: segment.file.path, step: record.step)
      }
    }
    for step in found where step < current {
      let path = folder.path(after: step)
      try files.synchronize(path)
      closed.append((step, try files.contents(of: path).bytes.count))
    }
    try files.synchronizeFolder(of: folder.path(after: current))
  }
}
