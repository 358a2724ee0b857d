// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019) over flat
// vectors, with the arithmetic of `torch.optim.AdamW`. Not here: which learning rate, and where the
// vectors come from.

import Basics
import Kernels
import Synchronization
import Tensors

/// The constants of the update.
package struct AdamW: Hashable, Sendable, Codable {
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  /// Share of a decayed weight that an update at learning rate 1 would take away.
  package var weightDecay: Double

  package init(
    beta1: Double = 0.9, beta2: Double = 0.95, epsilon: Double = 1e-8, weightDecay: Double = 0.05
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

/// The vectors that an optimizer keeps of a model, all of one layout.
package struct OptimizerState: Sendable {
  package let layout: ParameterLayout
  /// The exact parameters.
  package let master: FloatBuffer
  /// Running mean of the gradient.
  package let firstMoment: FloatBuffer
  /// Running mean of the squared gradient.
  package let secondMoment: FloatBuffer

  /// Moments start at zero.
  /// - Precondition: `master` has the layout.
  package init(layout: ParameterLayout, master: FloatBuffer) {
    precondition(master.count == layout.count)
    self.layout = layout
    self.master = master
    firstMoment = FloatBuffer(count: layout.count)
    secondMoment = FloatBuffer(count: layout.count)
  }
}

extension AdamW {
  /// One update of a range of the parameters, in one pass over memory; equal bits for any number of
  /// threads and any cut of the vector into ranges.
  ///
  /// - Parameters:
  ///   - gradient: in the state's layout; it is read as `gradientScale · gradient`.
  ///   - gradientScale: for example one over the hidden pixels that the gradient sums over.
  ///   - step: of this update, from 1 on; it sets the bias corrections.
  ///   - range: the part to update; everything by default.
  /// - Returns: whether all of the range is finite after it, and the parameters far enough from the
  ///   largest float that their differences are too (`AdamWKernel.parameterLimit`).
  package func update(
    _ state: OptimizerState, gradient: FloatBuffer, gradientScale: Float, step: Int,
    learningRate: Double, range: Range<Int>? = nil, pool: ThreadPool
  ) -> Bool {
    precondition(gradient.count == state.layout.count && step >= 1)
    let range = range ?? 0..<state.layout.count
    let (plain, decayed) = (
      kernel(step: step, learningRate: learningRate, decays: false, gradientScale: gradientScale),
      kernel(step: step, learningRate: learningRate, decays: true, gradientScale: gradientScale)
    )
    let isSpoilt = Atomic<Bool>(false)
    for run in state.layout.decayRuns(in: range) {
      let constants = run.isDecayed ? decayed : plain
      let blocks = ValueBlocks(run.range)
      pool.forEach(blocks.count) { block in
        let part = blocks.range(block)
        let isFinite = AdamWKernel.apply(
          constants, master: state.master.pointer + part.lowerBound,
          gradient: gradient.pointer + part.lowerBound,
          firstMoment: state.firstMoment.pointer + part.lowerBound,
          secondMoment: state.secondMoment.pointer + part.lowerBound, count: part.count)
        if !isFinite { isSpoilt.store(true, ordering: .relaxed) }
      }
    }
    return !isSpoilt.load(ordering: .relaxed)
  }

  /// The numbers of one step, worked out in double precision.
  func kernel(
    step: Int, learningRate: Double, decays: Bool, gradientScale: Float
  ) -> AdamWKernel {
    let correction1 = 1 - PortableMath.power(beta1, step)
    let correction2 = 1 - PortableMath.power(beta2, step)
    return AdamWKernel(
      gradientScale: gradientScale, keep: Float(decays ? 1 - learningRate * weightDecay : 1),
      oneMinusBeta1: Float(1 - beta1), beta2: Float(beta2), oneMinusBeta2: Float(1 - beta2),
      rootCorrection: Float(correction2.squareRoot()), epsilon: Float(epsilon),
      stepSize: Float(learningRate / correction1))
  }
}
