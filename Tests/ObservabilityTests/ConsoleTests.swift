// What reaches the terminal, byte by byte.

import Foundations
import Observability
import Synchronization
import Testing

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
}
