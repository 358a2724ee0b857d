// How many greetings each source may send.

import Basics
import ClusterRuntime
import Testing
import Transport

@Suite("Whose greetings are heard") struct GreetingSharesTests {
  private static let start = Instant(nanoseconds: 0)
  private var shares = GreetingShares(at: Self.start)

  private mutating func heard(
    from host: String, after time: Duration = .zero, of count: Int = 10_000
  ) -> Int {
    let origin = PeerOrigin(host: host)
    return (0..<count).count { _ in shares.charge(origin, at: Self.start + time) }
  }

  @Test("Of one address a node's workers at once and two a second, whatever another sends")
  mutating func flood() {
    var counts = [heard(from: "10.0.0.66"), heard(from: "10.0.0.7", of: 64)]
    counts.append(heard(from: "10.0.0.66", after: .seconds(10)))
    counts.append(heard(from: "10.0.0.7", after: .seconds(10), of: 64))
    #expect(counts == [128, 64, 20, 64])
  }

  @Test("Sockets in the file system are exempt")
  mutating func local() {
    let count = (0..<10_000).count { _ in shares.charge(.local, at: Self.start) }
    #expect(count == 10_000)
  }

  @Test("All sources together are bounded, and the number of those that are told apart")
  mutating func manySources() {
    var count = 0
    for number in 0..<4000 {
      let host = "2001:db8:\(String(number, radix: 16))::1"
      count += heard(from: host, of: 10)
    }
    #expect(count == 2048)
    #expect(shares.originCount == GreetingShares.originLimit)
  }

  @Test("Where room is needed, who has greeted most is remembered")
  mutating func memory() {
    var counts = [heard(from: "10.0.0.66")]
    for number in 0..<1500 { _ = heard(from: "2001:db8:\(String(number, radix: 16))::1", of: 1) }
    counts.append(heard(from: "10.0.0.66", of: 5))
    #expect(counts == [128, 0])
  }

  @Test("A source is an IPv4 address, however it is written, or 64 bits of an IPv6 address")
  func origins() {
    let same = [
      ("10.0.0.7", "::ffff:10.0.0.7"), ("2001:db8:1:2::3", "2001:db8:1:2:ffff::"),
      ("fe80::1%eth0", "fe80::2"),
    ]
    for (one, other) in same { #expect(PeerOrigin(host: one) == PeerOrigin(host: other)) }
    let different = ["10.0.0.7", "10.0.0.8", "2001:db8:1:2::3", "2001:db8:1:3::3", "nonsense"]
    #expect(Set(different.map { PeerOrigin(host: $0) }).count == different.count)
    #expect(PeerOrigin(host: "::ffff:10.0.0.7").description == "10.0.0.7")
    #expect(PeerOrigin(host: "2001:db8:1:2::3").description == "2001:db8:1:2::/64")
  }
}
