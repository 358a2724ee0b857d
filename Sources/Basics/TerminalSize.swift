// How large a terminal is.

#if canImport(Glibc)
  import Glibc
#endif

package struct TerminalSize: Equatable, Sendable {
  package let columns: Int
  package let rows: Int

  /// That of terminals that do not tell theirs.
  package static let usual = TerminalSize(columns: 80, rows: 24)

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  /// Nil for an open file that is no terminal.
  package init?(of descriptor: Int32) {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      self = .usual
      return
    }
    self.init(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}
