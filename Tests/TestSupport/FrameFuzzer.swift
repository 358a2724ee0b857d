// Frames that no sound process sends, made of frames that one did. What they mean is not known
// here.

import Basics

/// Makes hostile messages from a seed: noise, and good messages that are repeated late, out of
/// order, cut, stretched, crossed with each other, or changed in a few bits.
package struct FrameFuzzer {
  /// What else is drawn for a test may be drawn here too.
  package var random: CounterRandom
  private var corpus: [[[UInt8]]] = []
  private var learned = 0

  /// Of the good messages, as many are kept; newer ones take the places of older ones.
  package static let corpusLimit = 512

  /// - Parameter stream: tells the fuzzers of one seed apart.
  package init(seed: UInt64, stream: UInt32 = 0) {
    random = CounterRandom(seed: seed, purpose: .simulation, 0xF022, stream)
  }

  /// Remembers a good message.
  package mutating func learn(_ frames: [[UInt8]]) {
    if corpus.count < Self.corpusLimit {
      corpus.append(frames)
    } else {
      corpus[learned % Self.corpusLimit] = frames
    }
    learned += 1
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 3)
    while bytes.count < count {
      withUnsafeBytes(of: random.nextUInt32()) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// The next hostile message; it may have no frame at all.
  package mutating func next() -> [[UInt8]] {
    guard !corpus.isEmpty, random.index(below: 10) > 0 else { return noise() }
    var frames = good()
    // The rest are good messages at a bad time.
    for _ in 0..<random.index(below: 4) { change(&frames) }
    return frames
  }

  /// Good messages in the order in which they were learned, a tenth of them changed.
  package mutating func procession(of count: Int) -> [[[UInt8]]] {
    if corpus.isEmpty { return [] }
    let start = random.index(below: corpus.count)
    return corpus[start..<min(corpus.count, start + count)].map { message in
      var message = message
      if random.index(below: 10) == 0 { change(&message) }
      return message
    }
  }

  private mutating func good() -> [[UInt8]] { corpus[random.index(below: corpus.count)] }

  private mutating func noise() -> [[UInt8]] {
    (0..<random.index(below: 4)).map { _ in
      // One in a thousand is as long as a header may be, and longer.
      bytes(random.index(below: random.index(below: 1000) == 0 ? 300_000 : 300))
    }
  }

  private mutating func change(_ frames: inout [[UInt8]]) {
    guard !frames.isEmpty else {
      frames.append([])
      return
    }
    let frame = random.index(below: frames.count)
    switch random.index(below: 10) {
    case 0: frames.remove(at: frame)
    case 1: frames.insert(bytes(random.index(below: 40)), at: frame)
    case 2: frames.append(contentsOf: good())
    case 3: frames.swapAt(0, frame)
    case 4: cross(&frames[frame])
    default: changeBytes(of: &frames[frame])
    }
  }

  /// The start of one frame and the end of another, or both: fields are repeated, and lengths name
  /// the wrong end.
  private mutating func cross(_ frame: inout [UInt8]) {
    let others = good()
    guard let other = others.first, frame.count < 4096, other.count < 4096 else { return }
    let start = random.index(below: 2) == 0 ? frame.count : random.index(below: frame.count + 1)
    frame = Array(frame[..<start]) + other[random.index(below: other.count + 1)...]
  }

  private mutating func changeBytes(of frame: inout [UInt8]) {
    let place = random.index(below: frame.count + 1)
    switch random.index(below: 5) {
    case 0:
      frame.removeLast(frame.count - place)
    case 1:
      frame.append(contentsOf: bytes(random.index(below: 20)))
    case 2:
      // A number of all bits, as long as protobuf allows, and longer.
      let varint = [UInt8](repeating: 0xFF, count: random.index(below: 11)) + [1]
      frame.replaceSubrange(place..<min(place + 1, frame.count), with: varint)
    case _ where place < frame.count:
      frame[place] ^= 1 << UInt8(random.index(below: 8))
    default:
      frame.append(UInt8(truncatingIfNeeded: random.nextUInt32()))
    }
  }
}
