// What is trained, as everything above it sees it: optimizer, codec, exchange and checkpoints know
// a vector of parameters, its gradient and some sums, and nothing of a model. Not here: any
// objective; each is a module.

import Basics
import Tensors

/// A loss with its gradient, over batches of its own kind.
///
/// One call at a time; equal arguments give equal bits, for any number of threads.
package protocol PretrainingObjective: AnyObject {
  /// What one microbatch is computed on.
  associatedtype Batch

  /// What is measured beside the loss.
  var measures: ObjectiveMeasures { get }
  /// The parameters in their order. Gradients become final from the end of the vector to its start.
  var layout: ParameterLayout { get }

  /// The loss of a batch, summed and not divided, with the measures of training.
  /// - Precondition: `parameters` has the layout.
  func forward(parameters: FloatBuffer, batch: Batch) -> LossSums

  /// The same loss with the measures of an evaluation.
  /// - Precondition: `parameters` has the layout.
  func evaluate(parameters: FloatBuffer, batch: Batch) -> LossSums

  /// Writes the gradient of `scale` · (the sum that `forward` returned) to all of `gradient`.
  ///
  /// - Parameters:
  ///   - parameters, batch: as the last `forward` had them; there is one backward pass per forward
  ///     pass.
  ///   - gradient: overwritten, in the layout.
  ///   - onFinal: called on the calling thread, with places that only go down: from there to the
  ///     end, `gradient` is final and may be sent while the rest is computed. The last call has 0.
  func backward(
    parameters: FloatBuffer, batch: Batch, gradient: FloatBuffer, scale: Float,
    onFinal: (_ lowerBound: Int) -> Void)
}
