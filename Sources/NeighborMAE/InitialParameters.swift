// Where training starts.

import Basics
import Tensors

extension ModelConfiguration {
  /// Xavier-uniform matrices, zero biases, unit norms; tokens and image embeddings from N(0,
  /// 0.02²).
  ///
  /// Each tensor has a stream of its own, so its values depend on the seed, its index and its shape
  /// alone.
  public func initialParameters(seed: UInt64) -> FloatBuffer {
    let layout = parameterLayout
    let parameters = FloatBuffer(count: layout.count)
    for (index, tensor) in layout.tensors.enumerated() {
      var random = CounterRandom(seed: seed, purpose: .initialParameters, UInt32(index))
      let values = parameters[tensor.range]
      if tensor.name.hasSuffix("token") || tensor.name.hasSuffix("img_embed") {
        for i in values.indices { values[i] = Float(random.normal() * 0.02) }
      } else if tensor.shape.count == 2 {
        let bound = Float((6 / Double(tensor.shape[0] + tensor.shape[1])).squareRoot())
        for i in values.indices { values[i] = (random.uniformFloat() * 2 - 1) * bound }
      } else if tensor.name.contains("norm") && tensor.name.hasSuffix("weight") {
        values.update(repeating: 1)
      }
    }
    return parameters
  }
}
