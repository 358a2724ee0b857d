// A digest of bytes that come by in pieces, so that a file is digested while it is written.

import CXXHash

/// 128 bits of XXH3 over a stream: equal to `Digest(of:)` of all pieces back to back, however it is
/// cut.
package struct StreamingDigest: ~Copyable {
  private let state: OpaquePointer

  package init() {
    guard let state = XXH3_createState() else {
      preconditionFailure("no memory for the 576 bytes of a digest's state")
    }
    self.state = state
    XXH3_128bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
  }

  /// The digest of what came by so far; more may follow.
  package var digest: Digest {
    let value = XXH3_128bits_digest(state)
    return Digest(high: value.high64, low: value.low64)
  }
}
