// A process that works beside another one: it ends with it, and may take what time is left over.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

enum Lifeline {
  /// Lowers this process' claim to the processors, for good.
  static func makeWay() { _ = nice(19) }

  /// Ends this process when standard input does, or says anything.
  /// - Throws: `ThreadError`.
  static func hold() throws {
    try SystemThread("lifeline") {
      var byte: UInt8 = 0
      while read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR {}
      _exit(ExitStatus.stopped.rawValue)
    }.detach()
  }
}
