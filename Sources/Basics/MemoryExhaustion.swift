// The end of a process that cannot have the memory it needs.

#if canImport(Glibc)
  import Glibc
#endif

package enum MemoryExhaustion {
  /// Says on standard error how much was wanted and which limit forbids it, and ends the process at
  /// once.
  package static func end(wanting bytes: Int) -> Never {
    let text =
      "Error: there is no memory for a buffer of \(HumanFormat.bytes(bytes)): "
      + "\(Shortage.memory.explanation)\n"
    StandardStreams.write(text, to: STDERR_FILENO)
    _exit(ExitStatus.failure.rawValue)
  }
}
