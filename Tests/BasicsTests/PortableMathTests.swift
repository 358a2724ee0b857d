// Our own elementary functions against the C library's.

import Basics
import Foundation
import Testing

@Suite("Portable mathematics") struct PortableMathTests {
  @Test("Sine and cosine agree with the C library to 2 units in the last place")
  func sineCosine() {
    for i in -40_000...40_000 {
      let x = Double(i) * 0.013
      let (sine, cosine) = PortableMath.sineCosine(x)
      #expect(abs(sine - sin(x)) <= 2e-16 * 2, "sin \(x)")
      #expect(abs(cosine - cos(x)) <= 2e-16 * 2, "cos \(x)")
    }
  }

  @Test("Exponential and logarithm agree with the C library to 2 units in the last place")
  func exponentialAndLogarithm() {
    for i in -6_000...6_000 {
      let x = Double(i) * 0.1
      #expect(abs(PortableMath.exp(x) / exp(x) - 1) < 5e-16, "exp \(x)")
      let y = exp(x * 0.5)
      #expect(abs(PortableMath.log(y) - log(y)) <= 4e-16 * max(1, abs(log(y))), "log \(y)")
    }
  }

  @Test("Whole powers are products")
  func power() {
    #expect(PortableMath.power(0.9, 0) == 1)
    #expect(PortableMath.power(2, 10) == 1024)
    #expect(abs(PortableMath.power(0.95, 300) - pow(0.95, 300)) < 1e-20)
  }
}
