// What a command answers on standard output. Not for logs and progress, which go to standard error.

#if canImport(Glibc)
  import Glibc
#endif

public enum Answer {
  /// Prints text. An answer that cannot be written is an error, unlike a line of a log; where its reader has gone away
  /// (`| head`), the process ends without a word, by the signal that the system sends for it.
  public static func print(_ text: String, terminator: String = "\n") throws(FileError) {
    let bytes = Array((text + terminator).utf8)
    var done = 0
    while done < bytes.count {
      let written = bytes[done...].withUnsafeBytes {
        write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
      if written >= 0 {
        done += written
      } else if errno == EPIPE {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
      } else if errno != EINTR {
        throw FileError(operation: "write to", path: "standard output")
      }
    }
  }
}
