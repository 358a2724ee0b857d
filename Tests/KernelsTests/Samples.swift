// Numbers to try kernels on, and comparisons that name the worst one.

import Basics
import Kernels
import Tensors
import TestSupport
import Testing

/// Standard normal numbers; one stream a seed.
func normalBuffer(_ count: Int, seed: UInt64) -> FloatBuffer {
  var random = CounterRandom(seed: seed, purpose: .simulation)
  let buffer = FloatBuffer(count: count)
  for i in 0..<count { buffer.pointer[i] = Float(random.normal()) }
  return buffer
}

func normalMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> (FloatBuffer, MatrixView) {
  let buffer = normalBuffer(rows * columns, seed: seed)
  return (buffer, MatrixView(buffer, rows: rows, columns: columns))
}

/// Expects |ours − reference| ≤ bound · (1 + |reference|) for every element; reports the worst.
func expectClose(
  _ ours: some Collection<Float>, _ reference: [Double], bound: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(ours.count == reference.count, sourceLocation: sourceLocation)
  let errors = zip(ours, reference).map { abs(Double($0) - $1) / (1 + abs($1)) }
  guard let worst = errors.indices.max(by: { errors[$0] < errors[$1] }) else { return }
  #expect(
    errors.allSatisfy { $0 <= bound },
    "\(what) worst at \(worst): \(Array(ours)[worst]) instead of \(reference[worst])",
    sourceLocation: sourceLocation)
}

/// Runs a job with 1, 2, 3 and 5 threads and expects equal bits each time.
func expectEqualBits(
  sourceLocation: SourceLocation = #_sourceLocation, _ job: (ThreadPool) -> [FloatBuffer]
) {
  var first: [[UInt32]]?
  for threadCount in [1, 2, 3, 5] {
    let pool = ThreadPool(threadCount: threadCount)
    let result = job(pool).map { bits($0) }
    pool.stop()
    if let first {
      #expect(result == first, "\(threadCount) threads", sourceLocation: sourceLocation)
    } else {
      first = result
    }
  }
}
