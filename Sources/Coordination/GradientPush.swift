// A gradient on its way to the coordinator: what is encoded, what may be sent of it, and when all
// of it was.

import Basics
import Wire

/// A chunk of a gradient as it travels.
struct EncodedChunk: Equatable, Sendable {
  let chunk: ChunkIndex
  let payload: [UInt8]
}

struct GradientPush: Sendable {
  /// Chunks that may still be sent.
  private var credit: Int
  /// Chunks that wait for credit; at most one gradient's.
  private var queue: [EncodedChunk] = []
  /// Set when no more chunks will come; and when that was, for the time spent pushing after it.
  private var end: (report: WorkReport, time: Instant)?

  init(credit: Int) { self.credit = credit }

  /// Chunks that wait for credit.
  var queuedChunks: Int { queue.count }

  /// Whether the computation has come to its end.
  var isComputed: Bool { end != nil }

  mutating func allow(_ chunks: Int) { credit += chunks }

  mutating func append(_ chunk: EncodedChunk) { queue.append(chunk) }

  /// No more chunks will come.
  mutating func finish(_ report: WorkReport, at now: Instant) { end = (report, now) }

  /// What can be sent now; it counts as sent.
  /// - Returns: chunks, and the report when they are the last.
  mutating func next(at now: Instant) -> (chunks: [EncodedChunk], report: WorkReport?) {
    let sendable = min(credit, queue.count)
    let chunks = Array(queue.prefix(sendable))
    queue.removeFirst(sendable)
    credit -= sendable
    guard queue.isEmpty, var report = end?.report, let time = end?.time else {
      return (chunks, nil)
    }
    report.phases.network = (now - time).seconds
    return (chunks, report)
  }
}
