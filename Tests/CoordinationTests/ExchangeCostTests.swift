// The formula of a step, against values worked out by hand.

import Basics
import Coordination
import Testing

@Suite("What a step costs") struct ExchangeCostTests {
  /// 1 MB up, 2 MB down; a link of 941,482 bytes of data a second.
  private static var small: ExchangeCost {
    var cost = ExchangeCost(
      parameters: 250_000, workers: 4, microbatches: 2, bytesPerGradientValue: 2,
      bytesPerDeltaValue: 2)
    cost.link = LinkSpeed(bitsPerSecond: 8e6)
    return cost
  }

  @Test("Bytes grow with microbatches upwards and with workers downwards")
  func bytes() {
    #expect(Self.small.bytesUp == 1e6)
    #expect(Self.small.bytesDown == 2e6)
  }

  @Test("A link alone: 1448 of 1538 bytes are data")
  func wire() {
    let cost = Self.small
    #expect(abs(cost.upSeconds - 1538.0 / 1448) < 1e-12)
    #expect(abs(cost.downSeconds - 2 * 1538.0 / 1448) < 1e-12)
    #expect(abs(cost.seconds - 3 * 1538.0 / 1448) < 1e-12)
    // The last of four has the replica after all of the way down, and one of two gradients to send.
    #expect(abs(cost.bounds.lowerBound - 2.5 * 1538 / 1448) < 1e-12)
    #expect(cost.bounds.upperBound == cost.seconds)
  }

  @Test("A worker's turns one after the other, and two round trips beside them")
  func turns() {
    var cost = Self.small
    #expect((cost.turns, cost.roundTrips) == (1, 3))
    cost.microbatches = 9
    #expect((cost.turns, cost.roundTrips) == (3, 5))
    cost.link = LinkSpeed(bitsPerSecond: 8e6, delay: .milliseconds(10))
    #expect(abs(cost.waitingSeconds - 0.1) < 1e-12)
  }

  @Test("Where the way is long, a window of chunks is all that is under way")
  func windows() {
    var cost = Self.small
    // 250 chunks are 32 windows of 8, so 31 waits of 2 seconds.
    cost.valuesPerChunk = 1000
    cost.link = LinkSpeed(bitsPerSecond: 1e12, delay: .seconds(1))
    #expect(cost.upSeconds == 62)
    #expect(cost.downSeconds == 62)
    #expect(cost.seconds == 62 + 62 + 3 * 2)
    cost.window = 250
    #expect(cost.upSeconds < 1e-4)
  }

  @Test("Every second of a step belongs to what it is waited for")
  func parts() {
    var cost = Self.small
    cost.computeSeconds = 3
    cost.processing.perGradientValue = 2e-6
    cost.processing.perParameter = 4e-6
    cost.processing.perDeltaValue = 1e-6
    cost.processing.perStep = 0.5
    // Up: 0.5 M · 2 µs = 1 s of work, 1.062 s of wire. Down: 1 s of work, 2.124 s of wire.
    var parts = cost.parts
    #expect(abs(parts.link - 3 * 1538.0 / 1448) < 1e-12)
    #expect((parts.computing, parts.processing, parts.waiting) == (3, 1.5, 0))
    #expect(abs(parts.total - cost.seconds) < 1e-12)
    cost.link = nil
    parts = cost.parts
    #expect((parts.link, parts.processing) == (0, 3.5))
    // 250 chunks of 1000 are 31 waits of 2 s each way, and there are 3 round trips beside them.
    cost.valuesPerChunk = 1000
    cost.link = LinkSpeed(bitsPerSecond: 1e12, delay: .seconds(1))
    parts = cost.parts
    #expect((parts.link, parts.processing, parts.waiting) == (0, 1.5, 31 * 4 + 6))
    #expect(parts.total == cost.seconds)
  }

  @Test("Processing hides behind the wire or the wire behind it; the rest adds up")
  func processing() {
    var cost = Self.small
    cost.link = nil
    cost.computeSeconds = 3
    cost.processing.perGradientValue = 2e-6
    cost.processing.perParameter = 4e-6
    cost.processing.perDeltaValue = 3e-6
    cost.processing.perMicrobatch = 0.5
    cost.processing.perStep = 0.5
    // 3 + 500,000 · 2 µs + 2 · 0.5 + 250,000 · 4 µs + 0.5 + 1,000,000 · 3 µs
    #expect(abs(cost.seconds - 9.5) < 1e-9)
    // Down takes 3, up 2. The last worker needs 3 + 2 / 2, the first one 3 / 4 + 3.
    #expect(abs(cost.bounds.lowerBound - (1.5 + 4)) < 1e-9)
    #expect(abs(cost.bounds.upperBound - 9.5) < 1e-9)
    cost.computeSeconds = 10
    #expect(abs(cost.bounds.lowerBound - (1.5 + 0.75 + 10)) < 1e-9)
    // The wire needs 1.06 up and 2.12 down, so both hide.
    cost.link = LinkSpeed(bitsPerSecond: 8e6)
    #expect(abs(cost.seconds - 16.5) < 1e-9)
    #expect(abs(cost.bounds.upperBound - (16.5 + 3 * 1538.0 / 1448)) < 1e-9)
  }
}

@Suite("Waiting, as the cores do it") struct CrossingTests {
  @Test(
    "What a step waits for is what the formula says, in ways from one side to the other",
    arguments: [(4, 8), (4, 3), (4, 2), (4, 1), (3, 8), (2, 8), (2, 2), (2, 1), (1, 8)])
  func crossings(workers: Int, window: Int) {
    let parameters = SimulatedCluster.settings(steps: 6).parameterCount
    var cluster = SimulatedCluster(seed: 1, steps: 6) {
      $0.window = window
      $0.evaluationPlan = nil
      $0.evaluationInterval = 0
      $0.bufferBytes = 1 << 20
    }
    for _ in 0..<workers { cluster.startWorker() }
    var committedAt: [Int] = []
    for crossing in 0..<400 where cluster.ending == nil {
      cluster.cross()
      if cluster.digests.count > committedAt.count { committedAt.append(crossing) }
    }
    var cost = ExchangeCost(
      parameters: parameters, workers: workers, microbatches: SimulatedCluster.microbatches,
      bytesPerGradientValue: 1, bytesPerDeltaValue: 1)
    cost.window = window
    cost.link = LinkSpeed(bitsPerSecond: 1e12, delay: .seconds(1))
    let expected = Int(cost.seconds.rounded())
    #expect(committedAt.count == 6)
    // Workers join before the first step, and say once that they have the replica.
    let steps = zip(committedAt, committedAt.dropFirst()).map { $1 - $0 }
    #expect(steps == Array(repeating: expected, count: 5))
  }
}

extension SimulatedCluster {
  /// All that is on its way arrives at once, and all computing is done.
  fileprivate mutating func cross() {
    now = now + .milliseconds(1)
    let ids = workers.keys.sorted()
    let arriving = ids.map { (id: $0, down: workers[$0]!.inbox, up: workers[$0]!.outbox) }
    for id in ids { (workers[id]!.inbox, workers[id]!.outbox) = ([], []) }
    for (id, down, up) in arriving {
      for message in down { tell(id, .message(message)) }
      for message in up { tellCoordinator(.message(message, from: id)) }
    }
    for id in ids {
      while workers[id]!.lease != nil { compute(id) }
    }
  }
}

@Suite("The speed of a link") struct LinkSpeedTests {
  @Test(
    "Rate and delay as people write them",
    arguments: [
      ("200Mbit", 2e8, 0.0), ("1Gbit,10ms", 1e9, 0.01), ("2.5gbit,50us", 2.5e9, 5e-5),
      ("1000kbit,1s", 1e6, 1), ("1000GBIT,0ms", 1e12, 0),
    ])
  func reads(text: String, bits: Double, delay: Double) throws {
    let link = try LinkSpeed(parsing: text)
    #expect(link.bitsPerSecond == bits)
    #expect(abs(link.delay.seconds - delay) < 1e-12)
    #expect(link.roundTripSeconds == 2 * link.delay.seconds)
  }

  @Test(
    "What is none is named, with what is expected",
    arguments: [
      ("", "'' is not a rate"), ("fast", "'fast' is not a rate"), ("1GB", "'1GB' is not a rate"),
      ("-1Gbit", "'-1Gbit' is not a rate"), ("nanGbit", "'nanGbit' is not a rate"),
      ("Gbit", "'Gbit' is not a rate"), ("1.2.3Gbit", "'1.2.3Gbit' is not a rate"),
      ("1e3Mbit", "'1e3Mbit' is not a rate"), ("1Gbit,", "'' is not a delay"),
      ("1Gbit,10", "'10' is not a delay"), ("1Gbit,10min", "'10min' is not a delay"),
      ("1Gbit,11s", "the delay must be at most 10s"), ("1kbit", "the rate must be between"),
      ("1001Gbit", "the rate must be between"), ("1Gbit,1ms,1ms", "it has 3 parts"),
      ("1Gbit,\u{1B}ms", #"'\u{1B}ms' is not a delay"#),
    ])
  func refuses(text: String, reason: String) {
    let error = #expect(throws: LinkSpeedError.self) { try LinkSpeed(parsing: text) }
    #expect(error?.description.hasPrefix(reason) == true, "\(error as Any)")
    #expect(error?.description.hasSuffix("200Mbit or 1Gbit,10ms") == true)
  }

  @Test("Its text")
  func text() throws {
    #expect(try LinkSpeed(parsing: "200Mbit").description == "200 Mbit/s")
    #expect(try LinkSpeed(parsing: "2.5Gbit,10ms").description == "2.5 Gbit/s, 10 ms one way")
  }
}
