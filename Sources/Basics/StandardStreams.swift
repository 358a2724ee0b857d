// Standard input, output and error as a process finds them: perhaps closed, perhaps with nobody at
// the other end.

#if canImport(Glibc)
  import Glibc
#endif

package enum StandardStreams {
  /// Opens those that are closed on /dev/null. Else the next file that is opened would take their
  /// place, and what is said would be written into it. An answer to a closed standard output stays
  /// an error: it is opened for reading. To be called before anything is opened.
  package static func ensureOpen() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The system gives the lowest number that is free.
      if open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0 { return }
    }
  }

  /// Writes a line for the user on standard error.
  package static func say(_ line: String) { write("terrane: \(line.visible)\n", to: STDERR_FILENO) }

  /// Writes text, or drops it: nobody can be told that standard error cannot be written to, and a
  /// line that is lost must not end what it tells of.
  package static func write(_ text: String, to descriptor: Int32) {
    _ = writeAll(text, to: descriptor)
  }

  /// - Returns: nil when all of it was written, else the system's code for why not.
  package static func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let written = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0 && errno == EINTR { continue }
      if written <= 0 { return errno }
      done += written
    }
    return nil
  }
}
