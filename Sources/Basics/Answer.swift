// What a command answers on standard output. Not for logs and progress, which go to standard error.

#if canImport(Glibc)
  import Glibc
#endif

package enum Answer {
  /// Prints text, with what is invisible in it escaped. An answer that cannot be written is an
  /// error, unlike a line of a log; where its reader has gone away (`| head`), the process ends
  /// without a word, by the signal that the system sends for it.
  package static func print(_ text: String, terminator: String = "\n") throws(FileError) {
    let text = (text + terminator).visibleLines
    guard let code = StandardStreams.writeAll(text, to: STDOUT_FILENO) else { return }
    if code == EPIPE {
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    throw FileError(operation: "write to", path: "standard output", code: code)
  }
}
