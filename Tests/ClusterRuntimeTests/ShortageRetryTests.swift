// Operations that fail for want of memory or files, and are tried again.

import Basics
import ClusterRuntime
import Foundation
import Testing

@Suite("What fails for want of something") struct ShortageRetryTests {
  private let retry = ShortageRetry(pauses: [.nanoseconds(1), .nanoseconds(1)])

  /// - Returns: how often the body was called, and what was thrown in the end.
  private func attempts(
    failing codes: [Int32], unless isStopped: Bool = false
  ) -> (count: Int, error: FileError?) {
    var count = 0
    do {
      try retry(unless: isStopped) {
        defer { count += 1 }
        if count < codes.count { throw FileError(operation: "open", path: "x", code: codes[count]) }
      }
      return (count, nil)
    } catch { return (count, error as? FileError) }
  }

  @Test("It is tried again", arguments: [ENOMEM, EMFILE, ENFILE, EAGAIN])
  func shortage(code: Int32) {
    #expect(attempts(failing: [code]) == (2, nil))
    #expect(attempts(failing: [code, code]) == (3, nil))
  }

  @Test("So often and no oftener, and the last error stands")
  func bounded() {
    let (count, error) = attempts(failing: [ENOMEM, ENOMEM, EMFILE, EMFILE])
    #expect(count == 3)
    #expect(error?.code == EMFILE)
  }

  @Test("Whatever speaks of the file itself is not tried again", arguments: [EIO, ENOENT, EACCES])
  func damage(code: Int32) {
    let (count, error) = attempts(failing: [code])
    #expect(count == 1)
    #expect(error?.code == code)
  }

  @Test("Nobody waits for what nobody wants any more")
  func stopped() {
    #expect(attempts(failing: [EMFILE], unless: true).count == 1)
  }
}
