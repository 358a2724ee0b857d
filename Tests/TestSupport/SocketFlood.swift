// Hostile connections, one after another: below ZeroMQ's protocol, within it, and above it.

import Foundation

/// Attacks whoever is at the other end of connections that it is given.
package struct SocketFlood {
  package var fuzzer: FrameFuzzer
  /// Frames that were written, or tried to be.
  package private(set) var frames = 0
  package private(set) var connections = 0
  /// Which hostile messages may be sent; the others are passed over.
  private let admits: ([[UInt8]]) -> Bool
  /// The role that the handshakes claim.
  private let role: String
  /// Connections that say nothing more, and how many are left open.
  private var silent: [RawPeer] = []
  private let silentLimit: Int

  package init(
    _ fuzzer: FrameFuzzer, as role: String, silentLimit: Int = 64,
    admits: @escaping ([[UInt8]]) -> Bool = { _ in true }
  ) {
    self.fuzzer = fuzzer
    self.role = role
    self.silentLimit = silentLimit
    self.admits = admits
  }

  /// Uses up a connection, which is closed afterwards or soon.
  /// - Parameter messages: how many it is flooded with at most.
  package mutating func attack(over peer: RawPeer, messages limit: Int) {
    connections += 1
    switch fuzzer.random.index(below: 24) {
    case 0: insult(peer)
    case 1: fumble(peer)
    case 2: fallSilent(peer)
    case 3: giveName(peer)
    case 4: promiseMuch(peer)
    case 5: neverEnd(peer)
    default: flood(peer, messages: 1 + fuzzer.random.index(below: limit))
    }
  }

  /// Noise instead of a greeting.
  private mutating func insult(_ peer: RawPeer) {
    write(fuzzer.bytes(1 + fuzzer.random.index(below: 2000)), to: peer)
    peer.vanish()
  }

  /// A greeting and a handshake with slips, and noise after it.
  private mutating func fumble(_ peer: RawPeer) {
    var bytes = RawPeer.greeting + RawPeer.ready(as: role)
    for _ in 0..<fuzzer.random.index(below: 4) {
      bytes[fuzzer.random.index(below: bytes.count)] ^= 1 << UInt8(fuzzer.random.index(below: 8))
    }
    write(bytes + fuzzer.bytes(fuzzer.random.index(below: 500)), to: peer)
    end(peer)
  }

  private mutating func fallSilent(_ peer: RawPeer) {
    if fuzzer.random.index(below: 2) == 0 { peer.shakeHands(as: role) }
    silent.append(peer)
    if silent.count > silentLimit { silent.removeFirst().vanish() }
  }

  private mutating func giveName(_ peer: RawPeer) {
    peer.shakeHands(as: role, name: fuzzer.bytes(1 + fuzzer.random.index(below: 400)))
    flood(peer, messages: 4, isGreeted: true)
  }

  /// A frame that is longer than any may be, or never comes whole.
  private mutating func promiseMuch(_ peer: RawPeer) {
    peer.shakeHands(as: role)
    let length = [UInt8](repeating: 0, count: fuzzer.random.index(below: 8))
    let size = Array((length + fuzzer.bytes(8)).prefix(8))
    write([2] + size + fuzzer.bytes(fuzzer.random.index(below: 3000)), to: peer)
    end(peer)
  }

  /// A message of a quarter of a million frames.
  private mutating func neverEnd(_ peer: RawPeer) {
    peer.shakeHands(as: role)
    let part = RawPeer.frame(fuzzer.bytes(fuzzer.random.index(below: 4)), hasMore: true)
    let block = [UInt8]((0..<16_384).flatMap { _ in part })
    for _ in 0..<16 where !peer.write(block) { break }
    // For the count, it is one.
    frames += 1
    end(peer)
  }

  private mutating func flood(_ peer: RawPeer, messages: Int, isGreeted: Bool = false) {
    if !isGreeted { peer.shakeHands(as: role) }
    var block: [UInt8] = []
    let isInOrder = fuzzer.random.index(below: 4) == 0
    let words =
      isInOrder ? fuzzer.procession(of: messages) : (0..<messages).map { _ in fuzzer.next() }
    for message in words where admits(message) {
      for (index, frame) in message.enumerated() {
        block += RawPeer.frame(frame, hasMore: index + 1 < message.count)
        frames += 1
      }
    }
    // The last frame is cut off, now and then.
    if fuzzer.random.index(below: 4) == 0 {
      block.removeLast(min(block.count, fuzzer.random.index(below: 50)))
    }
    peer.write(block)
    end(peer)
  }

  private mutating func write(_ bytes: [UInt8], to peer: RawPeer) {
    peer.write(bytes)
    frames += 1
  }

  /// Sometimes without waiting until all is read.
  private mutating func end(_ peer: RawPeer) {
    if fuzzer.random.index(below: 4) == 0 { peer.vanish() } else { peer.finish() }
  }

  /// Closes what was left open.
  package mutating func finish() {
    for peer in silent { peer.vanish() }
    silent = []
  }
}
