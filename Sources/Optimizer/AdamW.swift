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

/// One update of the parameters, with the numbers of its step.
package struct AdamWUpdate: Sendable {
  let plain: AdamWKernel
  let decayed: AdamWKernel

  /// Updates a range of the parameters in one pass over memory, in the calling thread; equal bits
  /// for any cut of the vector into ranges, which several threads may update at once.
  ///
  /// - Parameter gradient: in the state's layout.
  /// - Returns: whether all of the range is finite after it, and the parameters far enough from the
  ///   largest float that their differences are too (`AdamWKernel.parameterLimit`).
  package func apply(to state: OptimizerState, gradient: FloatBuffer, range: Range<Int>) -> Bool {
    precondition(gradient.count == state.layout.count)
    var isSound = true
    for run in state.layout.decayRuns(in: range) {
      let start = run.range.lowerBound
      let isFinite = AdamWKernel.apply(
        run.isDecayed ? decayed : plain, master: state.master.pointer + start,
        gradient: gradient.pointer + start, firstMoment: state.firstMoment.pointer + start,
        secondMoment: state.secondMoment.pointer + start, count: run.range.count)
      isSound = isSound && isFinite
    }
    return isSound
  }
}

extension AdamW {
  /// The update of a step, worked out in double precision.
  ///
  /// - Parameters:
  ///   - step: of this update, from 1 on; it sets the bias corrections.
  ///   - gradientScale: what the gradient is multiplied with first, for example one over the hidden
  ///     pixels that it sums over.
  package func update(step: Int, learningRate: Double, gradientScale: Float) -> AdamWUpdate {
    precondition(step >= 1)
    let constants = { (decays: Bool) in
      kernel(step: step, learningRate: learningRate, decays: decays, gradientScale: gradientScale)
    }
    return AdamWUpdate(plain: constants(false), decayed: constants(true))
  }

  /// Carries out the update of a step on a range of the parameters; equal bits for any number of
  /// threads.
  ///
  /// - Parameters: as `update(step:learningRate:gradientScale:)` and `AdamWUpdate.apply`.
  ///   - range: everything by default.
  package func update(
    _ state: OptimizerState, gradient: FloatBuffer, gradientScale: Float, step: Int,
    learningRate: Double, range: Range<Int>? = nil, pool: ThreadPool
  ) -> Bool {
    let update = update(step: step, learningRate: learningRate, gradientScale: gradientScale)
    let blocks = ValueBlocks(range ?? 0..<state.layout.count)
    let isSpoilt = Atomic<Bool>(false)
    pool.forEach(blocks.count) { block in
      if !update.apply(to: state, gradient: gradient, range: blocks.range(block)) {
        isSpoilt.store(true, ordering: .relaxed)
      }
    }
    return !isSpoilt.load(ordering: .relaxed)
  }

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
