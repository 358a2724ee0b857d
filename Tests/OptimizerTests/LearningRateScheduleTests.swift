// The learning rate over a run.

import Basics
import Optimizer
import Tensors
import Testing

@Suite("Learning rate")
struct LearningRateScheduleTests {
  /// 64 images a step: the peak is a quarter of the base.
  let schedule = LearningRateSchedule(
    base: 4e-4, minimum: 1e-6, imagesPerStep: 64, stepCount: 100)

  @Test("The peak follows from the images a step")
  func peak() { #expect(schedule.peak == 1e-4) }

  @Test("Warm-up climbs in equal steps over 5 % of the run")
  func warmUp() {
    #expect(schedule.warmUpSteps == 5)
    for step in 0..<5 {
      #expect(abs(schedule.rate(at: step) - 1e-4 * Double(step + 1) / 5) < 1e-18)
    }
  }

  @Test("After the warm-up half a cosine leads down to the minimum")
  func cosine() {
    let flat = LearningRateSchedule(base: 3, minimum: 1, imagesPerStep: 256, stepCount: 4)
    #expect(flat.warmUpSteps == 0)
    #expect(flat.rate(at: 0) == 3)
    #expect(abs(flat.rate(at: 2) - 2) < 1e-15)
    #expect(flat.rate(at: 4) == 1)
    #expect(flat.rate(at: 1000) == 1)
    #expect(schedule.rate(at: 5) == schedule.peak)
  }
}

@Suite("Gradient statistics")
struct GradientStatisticsTests {
  @Test("The norm is that of the whole, whatever the threads")
  func norm() {
    let vector = FloatBuffer(count: 200_000)
    vector.fill(0.5)
    for threads in [1, 3] {
      let pool = ThreadPool(threadCount: threads)
      #expect(GradientStatistics.norm(vector, pool: pool) == 50_000.0.squareRoot())
      #expect(GradientStatistics.norm(vector, range: 7..<16, pool: pool) == 1.5)
      pool.stop()
    }
  }
}
