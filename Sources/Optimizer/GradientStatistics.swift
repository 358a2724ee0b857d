// What a metric wants to know of a gradient.

import Basics
import Kernels
import Tensors

package enum GradientStatistics {
  /// √Σx² over a range, in double precision; blocks and their order follow from the range alone, so
  /// the bits do not depend on the threads.
  package static func norm(
    _ vector: FloatBuffer, range: Range<Int>? = nil, pool: ThreadPool
  ) -> Double {
    let range = range ?? 0..<vector.count
    precondition(range.lowerBound >= 0 && range.upperBound <= vector.count)
    let blocks = ValueBlocks(range)
    var sums = [Double](repeating: 0, count: blocks.count)
    sums.withUnsafeMutableBufferPointer { sums in
      // Each part writes the element of its own block.
      let results = sums.baseAddress
      pool.forEach(blocks.count) { block in
        let part = blocks.range(block)
        results?[block] = VectorStatistics.sumOfSquares(
          vector.pointer + part.lowerBound, count: part.count)
      }
    }
    return sums.reduce(0, +).squareRoot()
  }

  /// What a gradient is multiplied with so that its norm is at most about `limit`, as
  /// `torch.nn.utils.clip_grad_norm_` does it (Pascanu et al., "On the difficulty of training
  /// recurrent neural networks", ICML 2013): limit / (norm + 10⁻⁶), and 1 for what is below.
  /// - Parameter limit: 0 leaves every gradient as it is.
  package static func clipFactor(norm: Double, limit: Double) -> Double {
    limit > 0 ? min(1, limit / (norm + 1e-6)) : 1
  }
}
