// What every objective's network promises: equal bits for any threads and any room, nothing left of
// the step before, and gradients that are final when it says so.

import Basics
import Objectives
import Tensors
import Testing

/// What a step came to; equal where every bit is.
package struct StepOutcome: Equatable {
  package let sums: LossSums
  package let gradient: FloatBuffer

  package static func == (one: StepOutcome, other: StepOutcome) -> Bool {
    one.sums == other.sums && bits(one.gradient) == bits(other.gradient)
  }
}

/// Steps of networks of one kind.
package struct ObjectiveTrial<Network: PretrainingObjective>: Sendable {
  /// For a batch, with so much room; nil is as much as the batch needs.
  package typealias Maker =
    @Sendable (
      _ batch: Network.Batch, _ capacity: Int?, _ pool: ThreadPool
    ) -> Network

  private let parameters: @Sendable (Network) -> FloatBuffer
  private let network: Maker

  /// - Parameters:
  ///   - parameters: what a network is tried with.
  ///   - network: how one is made.
  package init(
    parameters: @escaping @Sendable (Network) -> FloatBuffer, network: @escaping Maker
  ) {
    self.parameters = parameters
    self.network = network
  }

  /// A step of a network that has made none.
  package func run(
    _ batch: Network.Batch, threads: Int, scale: Float = 1, capacity: Int? = nil
  ) -> StepOutcome {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    return step(network(batch, capacity, pool), batch, scale: scale)
  }

  private func step(
    _ network: Network, _ batch: Network.Batch, scale: Float = 1,
    onFinal: (_ lowerBound: Int, _ gradient: FloatBuffer) -> Void = { _, _ in }
  ) -> StepOutcome {
    let parameters = parameters(network)
    let gradient = FloatBuffer(count: parameters.count)
    gradient.fill(.nan)
    let sums = network.forward(parameters: parameters, batch: batch)
    network.backward(parameters: parameters, batch: batch, gradient: gradient, scale: scale) {
      onFinal($0, gradient)
    }
    return StepOutcome(sums: sums, gradient: gradient)
  }

  /// - Parameter ways: threads, and room for so many samples.
  package func expectSameBits(
    _ batch: Network.Batch, _ ways: [(threads: Int, capacity: Int?)],
    at location: SourceLocation = #_sourceLocation
  ) {
    let one = run(batch, threads: 1)
    #expect(one.gradient.values.allSatisfy { $0.isFinite }, sourceLocation: location)
    for (threads, capacity) in ways {
      let other = run(batch, threads: threads, capacity: capacity)
      #expect(
        other == one, "\(threads) threads, room for \(capacity ?? 0)", sourceLocation: location)
    }
  }

  /// - Parameter batches: the first one needs the most room.
  package func expectNothingLeft(
    by batches: [Network.Batch], at location: SourceLocation = #_sourceLocation
  ) {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let reused = network(batches[0], nil, pool)
    for (number, batch) in (batches + batches.reversed()).enumerated() {
      #expect(
        step(reused, batch) == run(batch, threads: 2), "step \(number)", sourceLocation: location)
    }
  }

  /// - Parameter more: so many places are announced at least, besides 0.
  package func expectFinalPlaces(
    _ batch: Network.Batch, atLeast more: Int = 1, at location: SourceLocation = #_sourceLocation
  ) {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    var announced: [UInt32] = []
    var places: [Int] = []
    let outcome = step(network(batch, nil, pool), batch) { place, gradient in
      if announced.isEmpty { announced = Array(repeating: 0, count: gradient.count) }
      for i in place..<(places.last ?? gradient.count) {
        announced[i] = gradient.pointer[i].bitPattern
      }
      places.append(place)
    }
    #expect(places == places.sorted(by: >) && places.last == 0, sourceLocation: location)
    #expect(places.count > more, sourceLocation: location)
    #expect(announced == bits(outcome.gradient), sourceLocation: location)
    #expect(outcome.gradient.values.allSatisfy { $0.isFinite }, sourceLocation: location)
  }
}

/// Initial parameters with norms and biases off their trivial start.
package func movedParameters(_ layout: ParameterLayout) -> FloatBuffer {
  let parameters = layout.initialParameters(seed: 5)
  var random = CounterRandom(seed: 6, purpose: .simulation)
  for i in 0..<parameters.count { parameters.pointer[i] += Float(random.normal()) * 0.02 }
  return parameters
}
