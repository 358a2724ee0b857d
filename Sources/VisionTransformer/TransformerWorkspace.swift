// The memory that transformer blocks share while they run. Not here: what a block saves for its backward pass.

import Kernels
import Tensors

/// Memory that blocks need while they run and not between.
///
/// `@unchecked Sendable`: used by one stack at a time.
package final class TransformerWorkspace: @unchecked Sendable {
  let normalised: FloatBuffer  // (rows, D)
  let rowGradient: FloatBuffer  // (rows, D)
  let wideGradient: FloatBuffer  // (rows, max(hidden, 3·D))
  let activation: FloatBuffer  // (rows, hidden), after GELU
  package let partialSums: FloatBuffer  // (row blocks, 2·D)

  /// Enough for each of the given stacks.
  package init(_ extents: [(rows: Int, width: Int, hidden: Int)]) {
    func largest(_ count: ((rows: Int, width: Int, hidden: Int)) -> Int) -> FloatBuffer {
      FloatBuffer(count: extents.map(count).max() ?? 0)
    }
    normalised = largest { $0.rows * $0.width }
    rowGradient = largest { $0.rows * $0.width }
    wideGradient = largest { $0.rows * max($0.hidden, 3 * $0.width) }
    activation = largest { $0.rows * $0.hidden }
    partialSums = largest { RowBlocks(rows: $0.rows).count * 2 * $0.width }
  }
}
