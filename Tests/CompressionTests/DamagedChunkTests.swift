// Chunks that no encoder made, or that were changed on their way.

import Basics
import Compression
import Testing

@Suite("Damaged chunks") struct DamagedChunkTests {
  let trip = ChunkTrip()
  /// One of bfloat16.
  let chunk: [UInt8]

  /// Bytes before the codec's own.
  private let head = 24

  init() { chunk = trip.encode(gradientLike(9001), .bfloat16) }

  private func failure(
    _ bytes: [UInt8], as kind: CodecKind = .bfloat16, count: Int = 9001
  ) -> CodecError? {
    var target = [Float](repeating: 7, count: count)
    do {
      _ = try trip.add(bytes, kind, to: &target)
      return nil
    } catch {
      #expect(target == [Float](repeating: 7, count: count), "the target was touched")
      return error as? CodecError
    }
  }

  /// The chunk with other bytes under a checksum that fits them: what only a broken encoder would
  /// send.
  private func forged(_ change: (inout [UInt8]) -> Void) -> [UInt8] { forged(chunk, change) }

  private func forged(_ chunk: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes = chunk
    change(&bytes)
    let sum = bytes[16...].withUnsafeBytes { Checksum.of($0) }
    for index in 0..<8 { bytes[8 + index] = UInt8(truncatingIfNeeded: sum >> (8 * UInt64(index))) }
    return bytes
  }

  @Test(
    "Cut off anywhere, it is refused, whatever the checksum says", arguments: CodecKind.allCases)
  func truncated(kind: CodecKind) {
    #expect(failure([], as: kind) == .truncated(foundBytes: 0, neededBytes: 24))
    let chunk = trip.encode(gradientLike(9001), kind)
    for length in Array(0..<200) + [chunk.count / 2, chunk.count - 1] {
      #expect(failure(Array(chunk[..<length]), as: kind) != nil, "\(length) bytes were accepted")
      guard length >= 24 else { continue }
      let bytes = forged(chunk) { $0.removeLast(chunk.count - length) }
      #expect(failure(bytes, as: kind) != nil, "\(length) bytes were accepted")
    }
  }

  @Test(
    "Any flipped bit of the head, and of every 97th byte, is refused", arguments: CodecKind.allCases
  )
  func flipped(kind: CodecKind) {
    let chunk = trip.encode(gradientLike(9001), kind)
    for index in Array(0..<64) + Array(stride(from: 64, to: chunk.count, by: 97)) {
      for bit in 0..<8 {
        var bytes = chunk
        bytes[index] ^= 1 << UInt8(bit)
        #expect(failure(bytes, as: kind) != nil, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test("Bytes after its end are refused")
  func oversized() {
    guard case .damaged = failure(chunk + [0]) else { return #expect(Bool(false), "accepted") }
    #expect(
      failure(forged { $0.append(0) })
        == .wrongSize(foundBytes: chunk.count + 1 - head, expectedBytes: chunk.count - head))
  }

  @Test("Other bytes, another version, codec or count: each says what was found")
  func wrongHead() {
    #expect(
      failure(Array("not a chunk, but long enough for one".utf8))
        == .notAChunk(foundMagic: 0x2074_6F6E))
    var other = chunk
    other[4] = 2
    #expect(failure(other) == .wrongVersion(found: 2, expected: 1))
    #expect(failure(chunk, as: .float32) == .wrongCodec(found: 2, expected: 1))
    #expect(failure(forged { $0[16] = 9 }) == .wrongCodec(found: 9, expected: 2))
    #expect(failure(chunk, count: 9000) == .wrongCount(found: 9001, expected: 9000))
  }

  @Test("Plane sizes that no encoder gives are refused, checksum or not")
  func wrongPlanes() {
    let claims: [[UInt8]] = [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [0, 0, 0, 0]]
    for claim in claims {
      for plane in 0..<2 {
        let bytes = forged { $0.replaceSubrange(24 + 4 * plane..<28 + 4 * plane, with: claim) }
        #expect(failure(bytes) != nil)
      }
    }
    #expect(failure(forged { $0[17] ^= 2 }) != nil)
    #expect(failure(forged { $0[17] ^= 1 }) != nil)
  }

  @Test("An LZ4 block that holds something else is refused, checksum or not")
  func wrongBlock() {
    #expect(chunk[17] == 2, "the exponent plane is compressed, the other is stored")
    let bytes = forged { for index in $0.count - 3000..<$0.count { $0[index] = 0xFF } }
    guard case .damagedPlane(index: 1, _) = failure(bytes) else {
      return #expect(Bool(false), "\(String(describing: failure(bytes)))")
    }
  }

  @Test("Forged noise never traps", arguments: CodecKind.allCases)
  func fuzz(kind: CodecKind) {
    let chunk = trip.encode(gradientLike(9001), kind)
    var random = CounterRandom(seed: 4, purpose: .simulation)
    for _ in 0..<5000 {
      let bytes = forged(chunk) {
        for _ in 0...random.index(below: 8) {
          let index = 16 + random.index(below: random.index(below: 2) == 0 ? 24 : $0.count - 16)
          $0[index] = UInt8(truncatingIfNeeded: random.nextUInt32())
        }
        if random.index(below: 4) == 0 { $0.removeLast(random.index(below: $0.count - 32)) }
      }
      _ = failure(bytes, as: kind)
    }
  }
}
