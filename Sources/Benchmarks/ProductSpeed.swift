// How fast this machine multiplies matrices when nothing stands in the way: the yardstick of a
// step's speed.

import Foundations
import Kernels
import Tensors

public enum ProductSpeed {
  /// Operations a second of square products that fill a second-level cache, one a thread at a time;
  /// the best of some tenths of a second.
  public static func measure(pool: ThreadPool) -> Double {
    let side = 768
    let buffers = (0..<pool.threadCount).map { _ in
      (0..<3).map { _ in FloatBuffer(count: side * side) }
    }
    for buffer in buffers.joined() { buffer.fill(0.5) }
    var best = Double.infinity
    for _ in 0..<12 {
      let start = Instant.monotonicNow()
      pool.forEach(pool.threadCount) { part in
        let views = buffers[part].map { MatrixView($0, rows: side, columns: side) }
        BLAS.multiply(views[0], views[1], into: views[2])
      }
      best = min(best, (Instant.monotonicNow() - start).seconds)
    }
    return 2 * Double(side * side * side * pool.threadCount) / best
  }
}
