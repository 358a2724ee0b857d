// Standard input, output and error as a process finds them: perhaps closed, perhaps with nobody at the other end.

#if canImport(Glibc)
  import Glibc
#endif

public enum StandardStreams {
  /// Opens those that are closed on /dev/null. Else the next file that is opened would take their place, and what is
  /// said would be written into it. To be called before anything is opened.
  public static func ensureOpen() {
    while true {
      let descriptor = open("/dev/null", O_RDWR)
      if descriptor < 0 { return }
      if descriptor > STDERR_FILENO {
        close(descriptor)
        return
      }
    }
  }

  /// Writes a line for the user on standard error.
  public static func say(_ line: String) { write("terrane: \(line.visible)\n", to: STDERR_FILENO) }

  /// Writes text, or drops it: nobody can be told that standard error cannot be written to, and a line that is lost
  /// must not end what it tells of.
  public static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let written = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0 && errno == EINTR { continue }
      if written <= 0 { return }
      done += written
    }
  }
}
