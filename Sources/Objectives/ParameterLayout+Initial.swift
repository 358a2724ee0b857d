// Where training starts. Not here: which tensors a model has.

import Basics
import Tensors

extension ParameterLayout {
  /// Xavier-uniform matrices and convolutions (Glorot and Bengio, 2010), zero biases, norms of one;
  /// tokens from N(0, 0.02²); uniform within ± their own bound where tensors have one.
  ///
  /// Each tensor has a stream of its own, so its values depend on the seed, its index, its role and
  /// its shape alone.
  /// - Precondition: matrices have two axes at least.
  package func initialParameters(seed: UInt64) -> FloatBuffer {
    let parameters = FloatBuffer(count: count)
    for (index, tensor) in tensors.enumerated() {
      var random = CounterRandom(seed: seed, purpose: .initialParameters, UInt32(index))
      let values = parameters[tensor.range]
      func fillUniformly(_ bound: Double) {
        let bound = Float(bound)
        for i in values.indices { values[i] = (random.uniformFloat() * 2 - 1) * bound }
      }
      if let bound = tensor.uniformBound {
        fillUniformly(bound)
        continue
      }
      switch tensor.role {
      case .token:
        for i in values.indices { values[i] = Float(random.normal() * 0.02) }
      case .matrix:
        precondition(tensor.shape.count >= 2, "\(tensor.name) is not a matrix")
        let taps = tensor.shape.dropFirst(2).reduce(1, *)
        fillUniformly((6 / Double(taps * (tensor.shape[0] + tensor.shape[1]))).squareRoot())
      case .norm: values.update(repeating: 1)
      case .bias: break
      }
    }
    return parameters
  }
}
