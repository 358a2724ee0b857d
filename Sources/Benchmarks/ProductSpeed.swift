// How fast this machine multiplies matrices when nothing stands in the way: the yardstick of a
// step's speed.

import Basics
import Kernels
import Tensors

package enum ProductSpeed {
  /// Operations a second of a large square product of ours; the best of about a second.
  package static func measure(_ arithmetic: ProductArithmetic, pool: ThreadPool) -> Double {
    let side = 1536
    let views = (0..<3).map { _ in FloatBuffer(count: side * side) }.map { buffer in
      buffer.fill(0.5)
      return (buffer, MatrixView(buffer, rows: side, columns: side))
    }
    let workspace = ProductWorkspace(loops: .ofThisMachine(arithmetic))
    var best = Double.infinity
    for _ in 0..<12 {
      let start = Instant.monotonicNow()
      MatrixProduct.multiply(
        views[0].1, views[1].1, into: views[2].1, pool: pool, workspace: workspace)
      best = min(best, (Instant.monotonicNow() - start).seconds)
    }
    return 2 * Double(side * side * side) / best
  }
}
