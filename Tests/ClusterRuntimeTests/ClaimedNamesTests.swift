// Connections that claim the names which a coordinator's socket is about to give.

import TestSupport
import Testing

@Suite("Claimed names") struct ClaimedNamesTests {
  @Test("A coordinator outlives 70 connections that claim names, and its run has the usual bits")
  func claimed() throws {
    let cluster = try StandaloneCluster(TinyRun())
    // Where the count of every listening socket begins while nobody seeds the C library's generator.
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
