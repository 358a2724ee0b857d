// The learning rate of a step.

import Basics

/// Linear warm-up, then half a cosine down to a minimum (Loshchilov and Hutter, "SGDR", 2017).
/// Equal on every machine.
package struct LearningRateSchedule: Hashable, Sendable, Codable {
  /// Images a step that `base` is meant for.
  package static let referenceImages = 256.0
  /// The rate for 256 images a step; the actual peak grows with the images.
  package let base: Double
  /// The rate at the end, as it is.
  package let minimum: Double
  package let imagesPerStep: Int
  package let stepCount: Int
  /// Share of the steps that warm up.
  package let warmUpShare: Double

  /// - Precondition: `imagesPerStep` and `stepCount` are positive, `warmUpShare` is in [0, 1].
  package init(
    base: Double, minimum: Double, imagesPerStep: Int, stepCount: Int, warmUpShare: Double = 0.05
  ) {
    precondition(imagesPerStep > 0 && stepCount > 0 && (0...1).contains(warmUpShare))
    self.warmUpShare = warmUpShare
    self.base = base
    self.minimum = minimum
    self.imagesPerStep = imagesPerStep
    self.stepCount = stepCount
  }

  /// The highest rate, reached at the end of the warm-up.
  package var peak: Double { base * Double(imagesPerStep) / Self.referenceImages }

  /// Steps of the warm-up, halves rounded up.
  package var warmUpSteps: Int { Int((Double(stepCount) * warmUpShare).rounded()) }

  /// The rate of one update.
  /// - Parameter step: updates done before it, from 0 on; beyond the end the rate stays at the
  ///   minimum.
  package func rate(at step: Int) -> Double {
    precondition(step >= 0)
    if step < warmUpSteps { return peak * Double(step + 1) / Double(warmUpSteps) }
    if step >= stepCount { return minimum }
    let progress = Double(step - warmUpSteps) / Double(stepCount - warmUpSteps)
    let cosine = PortableMath.sineCosine(.pi * progress).cosine
    return minimum + (peak - minimum) * 0.5 * (1 + cosine)
  }
}
