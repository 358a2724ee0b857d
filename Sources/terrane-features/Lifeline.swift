// A process that works beside another one: it takes what time is left over, and ends with it.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

enum Lifeline {
  /// Lowers this process' claim to the processors, and ends it when standard input does, or says
  /// anything.
  /// - Throws: `ThreadError`.
  static func hold() throws {
    _ = nice(19)
    try SystemThread("lifeline") {
      var byte: UInt8 = 0
      while read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR {}
      _exit(ExitStatus.stopped.rawValue)
    }.detach()
  }
}
