// Cluster/loopback, as Cluster/README.md says: one coordinator and two workers over TCP.

import Foundation
import TestSupport
import Testing

@Suite("Cluster/loopback") struct LoopbackTests {
  @Test("Runs to the end, to the bits of any other run")
  func runs() throws {
    let tiny = try TinyRun()
    try "".write(toFile: tiny.file("run.yaml"), atomically: false, encoding: .utf8)
    let outcome = try run(
      Repository.root + "/Cluster/loopback", [tiny.file("run.yaml")] + tiny.options,
      environment: [
        "TERRANE": Repository.terrane, "DATA": try SampleDataset.folder(),
        "PORT": "\(try freePort())",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("first joined at step "))
    #expect(outcome.errors.contains("second joined at step "))
    #expect(try tiny.metrics().digests == ReferenceRun.digests())
  }

  /// A port that nobody has at the moment.
  private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(result)
    return UInt16(bigEndian: address.sin_port)
  }
}
