// The running average of parameters, by hand.

import Basics
import Optimizer
import Tensors
import Testing

@Suite("The running average") struct RunningAverageTests {
  @Test("It follows quickly at first and keeps its memory then")
  func memory() {
    let average = RunningAverage(memory: 0.75)
    #expect(average.memory(at: 1) == 2.0 / 11)
    #expect(average.memory(at: 8) == 0.5)
    #expect(average.memory(at: 26) == 0.75 && average.memory(at: 1000) == 0.75)
  }

  @Test("An update moves it by the rest of its share; any number of threads gives the same bits")
  func update() {
    let count = 200_000
    func averaged(threads: Int) -> [UInt32] {
      let pool = ThreadPool(threadCount: threads)
      defer { pool.stop() }
      let (average, parameters) = (FloatBuffer(count: count), FloatBuffer(count: count))
      for place in 0..<count {
        average.pointer[place] = Float(place)
        parameters.pointer[place] = Float(place) + 8
      }
      // Half of the way to what is 8 more.
      RunningAverage(memory: 0.5).update(average, towards: parameters, step: 8, pool: pool)
      #expect(average.pointer[0] == 4 && average.pointer[count - 1] == Float(count + 3))
      return average.values.map(\.bitPattern)
    }
    #expect(averaged(threads: 3) == averaged(threads: 1))
  }
}
