// What reaches the terminal, byte by byte.

import Basics
import Observability
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A terminal that remembers what was written to it.
final class Screen: Sendable {
  private let writes = Mutex<[String]>([])

  var written: [String] { writes.withLock { $0 } }

  func console(isTerminal: Bool = true, columns: Int = 80) -> Console {
    Console(
      isTerminal: isTerminal, width: { columns },
      emit: { text in self.writes.withLock { $0.append(text) } })
  }
}

func milliseconds(_ count: Int64) -> Instant { Instant(nanoseconds: count * 1_000_000) }

@Suite("Console")
struct ConsoleTests {
  private let screen = Screen()

  @Test("The live line is redrawn in place")
  func redraw() {
    let console = screen.console()
    console.show("one", at: milliseconds(0))
    console.show("two", at: milliseconds(100))
    #expect(screen.written == ["\rone\u{1B}[K", "\rtwo\u{1B}[K"])
  }

  @Test("At most ten redraws a second, and the last text is never lost")
  func throttle() {
    let console = screen.console()
    for i in 0..<100 { console.show("\(i)", at: milliseconds(Int64(i))) }
    #expect(screen.written == ["\r0\u{1B}[K"])
    console.finish()
    #expect(screen.written.last == "\r99\u{1B}[K\n")
  }

  @Test("A log line is written above the live line in one write")
  func logAbove() {
    let console = screen.console()
    console.log("before")
    console.show("live", at: milliseconds(0))
    console.log("news")
    #expect(screen.written == ["before\n", "\rlive\u{1B}[K", "\r\u{1B}[Knews\n\rlive\u{1B}[K"])
  }

  @Test("What is handed in can neither move the cursor nor turn the line around")
  func invisible() {
    let console = screen.console()
    console.show("a\u{1B}[2J", at: milliseconds(0))
    console.log("b\u{202E}c\n")
    #expect(
      screen.written == [
        "\ra\\u{1B}[2J\u{1B}[K", "\r\u{1B}[Kb\\u{202E}c\\n\n\ra\\u{1B}[2J\u{1B}[K",
      ])
  }

  @Test("A live line never wraps: it stops one column before the edge")
  func fits() {
    screen.console(columns: 6).show("abcdefgh", at: milliseconds(0))
    #expect(screen.written == ["\rabcde\u{1B}[K"])
  }

  @Test("Finishing keeps the line or takes it away, once")
  func finish() {
    let console = screen.console()
    console.show("live", at: milliseconds(0))
    console.finish(keepingLine: false)
    console.finish()
    console.log("after")
    #expect(screen.written == ["\rlive\u{1B}[K", "\r\u{1B}[K", "after\n"])
  }

  @Test("Where nobody watches there is no live line")
  func noTerminal() {
    let console = screen.console(isTerminal: false)
    console.show("live", at: milliseconds(0))
    console.log("plain")
    console.finish()
    #expect(screen.written == ["plain\n"])
  }

  @Test("A real terminal is known by its width, and written to")
  func realTerminal() throws {
    // Linux makes a terminal of every opening of /dev/ptmx; these ioctls unlock it and number it.
    let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    let ours = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (locked, index): (Int32, Int32) = (0, 0)
    try #require(ioctl(ours, unlock, &locked) == 0)
    try #require(ioctl(ours, number, &index) == 0)
    let theirs = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY)
    defer {
      close(ours)
      close(theirs)
    }
    var size = winsize(ws_row: 24, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0)
    try #require(ioctl(theirs, UInt(TIOCSWINSZ), &size) == 0)

    let console = Console(descriptor: theirs)
    #expect(console.isTerminal)
    #expect(console.width == 39)
    console.show(String(repeating: "x", count: 50), at: milliseconds(0))
    var seen = [UInt8](repeating: 0, count: 100)
    let count = read(ours, &seen, seen.count)
    let expected = "\r" + String(repeating: "x", count: 39) + "\u{1B}[K"
    #expect(String(decoding: seen.prefix(max(0, count)), as: UTF8.self) == expected)
  }

  @Test("A file is not a terminal")
  func file() {
    let descriptor = open("/dev/null", O_WRONLY)
    defer { close(descriptor) }
    #expect(!Console(descriptor: descriptor).isTerminal)
  }
}
