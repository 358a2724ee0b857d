// A digest that is computed piece by piece against the digest of the whole.

import Basics
import Testing

@Suite("Streaming digest") struct StreamingDigestTests {
  @Test("Equals the digest of the whole, however it is cut", arguments: [1, 7, 240, 241, 4096])
  func cutAnywhere(pieceBytes: Int) {
    let whole = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * $0) }
    var stream = StreamingDigest()
    whole.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
        let end = min(start + pieceBytes, bytes.count)
        stream.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
      let digest = stream.digest
      #expect(digest == Digest(of: bytes))
    }
  }

  @Test("Of nothing is the digest of no bytes")
  func nothing() {
    let stream = StreamingDigest()
    let digest = stream.digest
    #expect(digest == Digest(of: ""))
  }
}
