// How many unread bytes a connection may hold before it is cut.

import Basics
import Testing
import Transport

@Suite("What lies unread with ZeroMQ") struct ReceiveWatchTests {
  private static let start = Instant(nanoseconds: 0)
  private static let slack = 9 << 10
  private var watch: ReceiveWatch

  init() {
    var limits = EndpointLimits()
    limits.frameBytes = 100_000
    limits.framesPerMessage = 2
    limits.readAheadMessages = 8
    limits.unreadBytesPerStranger = 50_000
    limits.unreadBytesOfStrangers = 80_000
    watch = ReceiveWatch(ReceiveWatch.Bounds(limits))
    for descriptor in Int32(1)...4 { watch.opened(descriptor, at: Self.start) }
  }

  private func excessive(
    _ read: [Int32: Int], isDrained: Bool = true, strangers: Set<Int32> = [],
    after time: Duration = .zero
  ) -> [Int32] {
    watch.excessive(
      read: read, isDrained: isDrained, at: Self.start + time,
      isStranger: { strangers.contains($0) })
  }

  @Test("Two messages' bytes beyond what was taken are too many once every whole message was taken")
  func endlessMessage() {
    let twoMessages = 4 * 100_009
    #expect(excessive([1: twoMessages]).isEmpty)
    #expect(excessive([1: twoMessages + Self.slack]) == [1])
  }

  @Test("While messages wait to be taken, the ones that ZeroMQ may read ahead are allowed too")
  mutating func backlog() {
    let tenMessages = 20 * 100_009
    #expect(excessive([1: tenMessages], isDrained: false).isEmpty)
    #expect(excessive([1: tenMessages + Self.slack], isDrained: false) == [1])
    watch.took(wireBytes: Self.slack, over: 1)
    #expect(excessive([1: tenMessages + Self.slack], isDrained: false).isEmpty)
  }

  @Test("Probes for signs of life, which no message holds, do not add up to an excess in a year")
  func probes() {
    let year = Duration.seconds(365 * 24 * 3600)
    #expect(excessive([1: 365 * 24 * 360 * 16], after: year).isEmpty)
  }

  @Test("A stranger may have less unread, and all strangers together only so much: the largest go")
  func strangers() {
    #expect(excessive([1: 60_000, 2: 40_000], strangers: [1, 2]) == [1])
    #expect(excessive([1: 60_000, 2: 40_000], strangers: [2]).isEmpty)
    let read: [Int32: Int] = [1: 45_000, 2: 48_000, 3: 30_000, 4: 200_000]
    #expect(excessive(read, strangers: [1, 2, 3]) == [2])
  }

  @Test("A closed connection is forgotten")
  mutating func closed() {
    watch.closed(1)
    #expect(excessive([1: 10_000_000]).isEmpty)
    #expect(watch.descriptors == [2, 3, 4])
  }
}
