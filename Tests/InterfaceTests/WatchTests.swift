// `terrane watch` on a terminal, as it is meant to be used.

import Foundation
import TestSupport
import Testing

@Suite("terrane watch, on a terminal") struct WatchTests {
  /// Runs a program on a terminal, types Ctrl-C once a text was seen (or after two seconds, without
  /// one), and says how it ended: its status, whether its screen came and went, and whether it went
  /// within five seconds.
  private static let terminal = """
    import fcntl, os, pty, select, struct, sys, termios, time
    wanted, program = sys.argv[1].encode(), sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        os.execv(program[0], program)
    seen, end = b"", time.monotonic() + (60 if wanted else 2)
    while time.monotonic() < end and not (wanted and wanted in seen):
        if select.select([terminal], [], [], 0.2)[0]: seen += os.read(terminal, 65536)
    asked = time.monotonic()
    os.write(terminal, b"\\x03")
    while True:
        try: seen += os.read(terminal, 65536)
        except OSError: break
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(status, b"\\x1b[?1049h\\x1b[?25l" in seen, seen.endswith(b"\\x1b[?25h\\x1b[?1049l"),
          time.monotonic() - asked < 5, not wanted or wanted in seen)
    """

  private func watched(_ place: String, until text: String) throws -> String {
    let outcome = try run(
      "/usr/bin/python3", ["-c", Self.terminal, text, Repository.terrane, "watch", place])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  @Test("A run is drawn on a screen of its own, which goes with Ctrl-C")
  func folder() throws {
    let run = try TinyRun("training.steps=2")
    #expect(try run.startTraining().waitForEnd() == 0)
    #expect(try watched(run.folder, until: "step 2 of 2") == "0 True True True True\n")
  }

  @Test("Ctrl-C is heard while a page elsewhere says nothing")
  func silence() throws {
    let listener = try RawListener()
    #expect(
      try watched(listener.address.replacing("tcp:", with: "http:"), until: "")
        == "0 True True True True\n")
  }
}
