// Pieces of a stage on all threads. What the pieces are does not depend on the number of threads,
// and neither does the error when several fail.

import Basics

/// Runs pieces of work. One job at a time.
final class ParallelWork {
  private let pool: ThreadPool
  private let interruption: Interruption

  init(threads: Int, interruption: Interruption) {
    pool = ThreadPool(threadCount: threads)
    self.interruption = interruption
  }

  deinit { pool.stop() }

  var threadCount: Int { pool.threadCount }

  /// Ends a long computation on one thread when a signal has come.
  func check() throws { try interruption.check() }

  /// Calls `body` for each piece in 0..<count, on any thread. After a failure no later piece is
  /// begun; all earlier ones are finished, so that the first one that fails is always the same.
  /// - Throws: the error of the first piece that failed; `IngestError.interrupted`.
  func forEach(_ count: Int, _ body: (Int) throws -> Void) throws {
    let failure = Monitor<(piece: Int, error: any Error)?>(nil)
    pool.forEach(count) { piece in
      if let first = failure.withLock({ $0?.piece }), first < piece { return }
      do {
        try interruption.check()
        try body(piece)
      } catch {
        failure.withLock {
          if let first = $0, first.piece < piece { return }
          $0 = (piece, error)
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }

  /// The results in the order of the pieces.
  func map<Result>(_ count: Int, _ body: (Int) throws -> Result) throws -> [Result] {
    let results = Monitor([Result?](repeating: nil, count: count))
    try forEach(count) { piece in
      let result = try body(piece)
      results.withLock { $0[piece] = result }
    }
    return results.withLock { $0.compactMap { $0 } }
  }
}
