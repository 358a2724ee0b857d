// A page's server over real connections, and what its answers are made of.

import Basics
import Foundation
import Observability
import Serving
import TestSupport

/// The page of a made-up run.
final class Served {
  let scratch: TemporaryFolder
  let server: PageServer
  let port: UInt16

  init(
    token: String? = nil, metrics: Bool = false, at address: String = "127.0.0.1:0"
  ) throws {
    scratch = try TemporaryFolder()
    try scratch.write("training:\n  steps: 5\n", to: "configuration.yaml")
    try scratch.write(
      #"{"kind":"step","step":1,"time":1.5,"weightedLoss":0.5,"pairs":4,"seconds":1.0}"# + "\n",
      to: "metrics.jsonl")
    var access: AccessToken?
    if let token {
      try scratch.write(token, to: "token")
      chmod(scratch.file("token"), 0o600)
      access = try AccessToken(fileAt: scratch.file("token"))
    }
    server = try PageServer(
      PageServer.Settings(
        address: try ListenAddress(address),
        rules: AccessRules(token: access, hasOpenMetrics: metrics), yields: false))
    port = UInt16(server.address.split(separator: ":").last!.dropLast()) ?? 0
    server.show([RunFolder(scratch.path)])
  }

  deinit { server.close() }

  func connect() throws -> RawPeer { try RawPeer(port: port) }

  /// What is answered to a request, which is the connection's last.
  func answer(_ line: String, _ fields: String...) throws -> String {
    let peer = try connect()
    let head = ([line + " HTTP/1.1", "host: localhost", "connection: close"] + fields)
    peer.write(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    defer { peer.vanish() }
    return peer.read()
  }
}

/// Parts of an answer.
enum Answered {
  static func status(_ answer: String) -> String {
    answer.split(separator: " ").dropFirst().first.map(String.init) ?? ""
  }

  /// The fields of an answer by their names in small letters.
  static func fields(_ answer: String) -> [String: String] {
    let head = answer.components(separatedBy: "\r\n\r\n")[0]
    let pairs = head.components(separatedBy: "\r\n").dropFirst().map {
      $0.split(separator: ":", maxSplits: 1)
    }
    return Dictionary(
      uniqueKeysWithValues: pairs.map {
        ($0[0].lowercased(), $0[1].trimmingCharacters(in: .whitespaces))
      })
  }

  static func body(_ answer: String) -> String {
    answer.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
  }
}
