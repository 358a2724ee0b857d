// Addresses of endpoints: free, taken and impossible ones.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

@Suite("Addresses") struct AddressTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func failure(_ address: String, connecting: Bool = false) -> TransportError? {
    do throws(TransportError) {
      let endpoint =
        connecting ? try Endpoint.connect(address) : try Endpoint.listen(address)
      endpoint.close(linger: .zero)
      return nil
    } catch { return error }
  }

  @Test("A port in use is told, and what to do")
  func portInUse() throws {
    let first = try Endpoint.listen("tcp://127.0.0.1:*")
    defer { first.close(linger: .zero) }
    #expect(failure(first.boundAddress) == .addressInUse(first.boundAddress))
    #expect(
      TransportError.addressInUse("tcp://*:5555").description
        == "tcp://*:5555 is in use by another process; choose another port or path, "
        + "or stop that process")
  }

  @Test("A socket path with a living listener is in use; a dead one's is taken over")
  func pathInUse() throws {
    let first = try Endpoint.listen(folder.address)
    #expect(failure(folder.address) == .addressInUse(folder.address))
    // The failed attempt took nothing from the first.
    let peer = try Endpoint.connect(folder.address)
    defer { peer.close(linger: .zero) }
    #expect(peer.send([[1]], timeout: .zero) == .accepted)
    #expect(first.nextMessage() != nil)
    first.close(linger: .zero)
    leaveDeadSocket(at: folder.path + "/dead")
    #expect(failure("ipc://\(folder.path)/dead") == nil)
  }

  private func leaveDeadSocket(at path: String) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    close(descriptor)
  }

  @Test("A socket path may have 107 bytes and not 108")
  func longPath() {
    let longest =
      folder.path + "/" + String(repeating: "x", count: 107 - folder.path.utf8.count - 1)
    #expect(failure("ipc://" + longest) == nil)
    let expected = TransportError.socketPathTooLong(path: longest + "x", bytes: 108, limit: 107)
    #expect(failure("ipc://" + longest + "x") == expected)
    #expect(failure("ipc://" + longest + "x", connecting: true) == expected)
  }

  @Test("A missing folder is named")
  func missingFolder() {
    let path = folder.path + "/none/s"
    #expect(
      failure("ipc://" + path) == .folderMissing(path: path, folder: folder.path + "/none"))
  }

  @Test("A file in the way is not deleted")
  func fileInTheWay() throws {
    let path = folder.path + "/notes.txt"
    try Files.writeDurably("mine", to: path)
    #expect(failure("ipc://" + path) == .notASocket(path: path))
    #expect(try Files.readText(path) == "mine")
  }

  @Test(
    "What is not an address is refused, listening and connecting",
    arguments: [
      "", "5555", "tcp://", "ipc://", "udp://127.0.0.1:5", "tcp://127.0.0.1", "tcp://127.0.0.1:x",
      "tcp://127.0.0.1:99999", "inproc://x", "tcp://127.0.0.1:1\0",
    ])
  func noAddress(address: String) {
    #expect(failure(address) == .unsupportedAddress(address))
    #expect(failure(address, connecting: true) == .unsupportedAddress(address))
  }

  @Test("An address of another machine cannot be listened on")
  func otherMachine() {
    #expect(failure("tcp://192.0.2.1:5555") == .unknownInterface("tcp://192.0.2.1:5555"))
  }

  @Test("Wildcards become the port that was given")
  func wildcard() throws {
    for address in ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://*:*"] {
      let endpoint = try Endpoint.listen(address)
      defer { endpoint.close(linger: .zero) }
      let port = try #require(endpoint.boundAddress.split(separator: ":").last.flatMap { Int($0) })
      #expect(port > 0)
    }
  }

  @Test(
    "A socket is private below a folder that nobody else can enter, and not by a link out of it")
  func privacy() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let (hidden, open) = (folder.file("hidden"), folder.file("open"))
    for (path, mode) in [(hidden, 0o700), (open, 0o755), (hidden + "/below", 0o755)] {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: mode])
    }
    try FileManager.default.createSymbolicLink(
      atPath: hidden + "/link", withDestinationPath: open)
    #expect(Endpoint.isPrivate("ipc://\(hidden)/s"))
    #expect(Endpoint.isPrivate("ipc://\(hidden)/below/s"))
    for address in [
      "ipc://\(open)/s", "ipc://\(hidden)/link/s", "ipc://\(hidden)/../open/s", "ipc://@name",
      "tcp://127.0.0.1:5570", "ipc://\(folder.path)/none/s",
    ] {
      #expect(!Endpoint.isPrivate(address), "\(address)")
    }
  }
}
