// Floats compared bit by bit.

import Tensors

package func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// The buffer outlives the look at it.
package func bits(_ buffer: FloatBuffer) -> [UInt32] {
  withExtendedLifetime(buffer) { buffer.values.map(\.bitPattern) }
}
