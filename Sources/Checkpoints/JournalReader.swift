// What of a journal can be replayed.

import Basics

/// Walks the records of a journal in the order of their steps. Not for a journal that is being
/// written: its file may be cut off while it is mapped.
package struct JournalReader: Sendable {
  private let folder: JournalFolder

  /// - Parameters:
  ///   - folder: the journal's; one that is not there is an empty journal.
  ///   - run: the run's identity.
  ///   - grid: of the model's parameters.
  package init(
    folder: String, files: any FileStore = DiskFiles(), run: String, grid: ChunkGrid
  ) {
    self.folder = JournalFolder(
      path: folder, files: files, format: JournalFormat(run: run, grid: grid))
  }

  /// The step that the oldest segment comes after; nil when there is no journal.
  package func start() throws(FileError) -> Step? { try folder.segments().first }

  /// Hands on the records of the steps after `step`, in order and without a gap, each one verified.
  /// - Returns: where that ended. A journal that ends before `step` ends after `step`.
  /// - Throws: `JournalError` when a segment is of another run, model or format; `FileError`; what
  ///   `body` throws.
  package func replay(
    after step: Step, _ body: (JournalRecord) throws -> Void
  ) throws -> ReplayResult {
    let segments = try folder.segments()
    guard let first = segments.lastIndex(where: { $0 <= step }) else {
      return segments.first.map { .missing(after: step, path: folder.path(after: $0)) }
        ?? .end(after: step)
    }
    var last = step
    for index in first..<segments.count {
      let next = index + 1 < segments.count ? segments[index + 1] : nil
      let segment = try folder.segment(after: segments[index])
      if let ending = try walk(segment, upTo: next, last: &last, body) { return ending }
    }
    return .end(after: last)
  }

  /// Reads one segment up to where the next one begins.
  /// - Parameter last: the newest step that need not be handed on; moves with those that are.
  /// - Returns: nil when the next segment goes on from here, or there is none.
  private func walk(
    _ segment: JournalSegment, upTo next: Step?, last: inout Step,
    _ body: (JournalRecord) throws -> Void
  ) throws -> ReplayResult? {
    let path = segment.file.path
    guard var offset = segment.recordsStart else {
      // Records are written only behind a durable header.
      let isUnfinished = segment.byteCount <= segment.headerBytes && next == nil
      let problem = "its header is not as it was written"
      return isUnfinished
        ? .torn(after: last, path: path, offset: 0)
        : .damaged(after: last, path: path, offset: 0, problem: problem)
    }
    var position = segment.after
    while position != next {
      guard offset < segment.byteCount else {
        return next.map { .missing(after: last, path: folder.path(after: $0)) }
      }
      if position < last, let end = segment.end(of: position.next, at: offset) {
        (position, offset) = (position.next, end)
        continue
      }
      switch segment.record(of: position.next, at: offset) {
      case .whole(let record, let end):
        try body(record)
        (position, offset, last) = (record.step, end, record.step)
      case .unusable(_, isLast: true) where next == nil:
        return .torn(after: last, path: path, offset: offset)
      case .unusable(let problem, _):
        return .damaged(after: last, path: path, offset: offset, problem: problem)
      }
    }
    return nil
  }
}
