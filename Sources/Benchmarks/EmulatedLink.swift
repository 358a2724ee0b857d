// A cable between two networks of this machine that is as slow as one is told: iproute2 makes it.
// Not for what the system cannot emulate: see ExchangeBenchmark+Link.

import Basics
import Coordination

/// The coordinator's network, that of all workers, and a pair of virtual Ethernet devices that
/// joins them. What either device sends passes a token bucket (tbf) of the link's rate, so that the
/// two directions do not share it.
struct EmulatedLink {
  let coordinator: NetworkNamespace
  let workers: NetworkNamespace
  /// Whether the system has netem, by which what is sent arrives later.
  let hasDelay: Bool

  /// Where the coordinator listens. Any port is free there.
  static let address = "tcp://10.0.0.1:5570"
  private static let hosts = ["10.0.0.1/30", "10.0.0.2/30"]
  /// On either side.
  private static let device = "terrane"

  /// - Throws: `LinkEmulationError` where rights, programs or parts of the kernel are missing.
  init(_ speed: LinkSpeed) throws {
    coordinator = try NetworkNamespace()
    workers = try NetworkNamespace()
    let other = workers.path
    try coordinator.inside {
      try SystemTool.run(
        "ip", "link", "add", Self.device, "type", "veth", "peer", "name", Self.device, "netns",
        other)
    }
    let delayed = try zip([coordinator, workers], Self.hosts).map { side, host in
      try side.inside {
        try SystemTool.run("ip", "address", "add", host, "dev", Self.device)
        try SystemTool.run("ip", "link", "set", Self.device, "up")
        return try Self.slow(speed)
      }
    }
    hasDelay = delayed.allSatisfy { $0 }
  }

  /// The device of this side of the cable.
  /// - Returns: whether it delays what it sends.
  private static func slow(_ speed: LinkSpeed) throws -> Bool {
    let isDelayed = speed.delay > .zero && delay(speed)
    let rate = speed.bitsPerSecond * LinkSpeed.frameCounted / LinkSpeed.frameOnWire
    // Of one millisecond, and of the largest packet that the system hands over.
    let burst = max(rate / 8 * 1e-3, 131_072)
    try SystemTool.run(
      "tc",
      ["qdisc", "add", "dev", device] + (isDelayed ? ["parent", "1:1"] : ["root"]) + [
        "handle", "2:", "tbf", "rate", "\(Int(rate))bit", "burst", "\(Int(burst))", "latency",
        "50ms",
      ])
    return isDelayed
  }

  private static func delay(_ speed: LinkSpeed) -> Bool {
    let microseconds = Int((speed.delay.seconds * 1e6).rounded())
    let packets = "1000000"
    let arguments = [
      "qdisc", "add", "dev", device, "root", "handle", "1:", "netem", "delay",
      "\(microseconds)us", "limit", packets,
    ]
    return (try? SystemTool.run("tc", arguments)) != nil
  }
}
