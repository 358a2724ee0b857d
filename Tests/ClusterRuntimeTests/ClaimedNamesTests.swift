// Connections that claim names of the kind which a coordinator's socket gives. That the names it
// gives next may be claimed too is a test of the endpoint.

import TestSupport
import Testing

@Suite("Claimed names") struct ClaimedNamesTests {
  @Test("A run has the usual bits beside 70 connections that claim the names of unseeded sockets")
  func claimed() throws {
    let cluster = try StandaloneCluster(TinyRun())
    // Where the count of every listening socket begins while nobody seeds the C library's
    // generator.
    let start: UInt32 = 0x6B8B_4567
    let claims = try (0..<70).map { index in
      let raw = try RawPeer(port: cluster.port)
      raw.shakeHands(
        name: [0] + withUnsafeBytes(of: (start + UInt32(index)).bigEndian) { Array($0) })
      return raw
    }
    defer { for claim in claims { claim.vanish() } }
    let worker = try cluster.startWorker("honest")
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try worker.waitForEnd() == 0, "\(worker.errors)")
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }
}
