// Log lines: their text, and where they go.

import Basics
import Logging
import Observability
import TestSupport
import Testing

@Suite("Log of a process")
struct RunLogTests {
  private let screen = Screen()
  private let folder: TemporaryFolder
  private let path: String
  private let time = WallTime(milliseconds: 1_795_307_467_250)

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/coordinator.log"
  }

  private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
    RunLog.line(at: time, level: .warning, message: message, metadata: metadata)
  }

  @Test("Times of day are UTC to the second")
  func times() {
    #expect(WallTime(seconds: 951_782_399.999)?.milliseconds == 951_782_399_999)
    for seconds in [1e12, -1e300, .infinity, .nan] { #expect(WallTime(seconds: seconds) == nil) }
    #expect(WallTime(milliseconds: 0).description == "1970-01-01T00:00:00Z")
    #expect(time.description == "2026-11-22T00:31:07Z")
    #expect(WallTime(milliseconds: 951_782_399_999).description == "2000-02-28T23:59:59Z")
  }

  @Test("A line is time, level, message and metadata in the order of its keys")
  func text() {
    #expect(line("ready") == "2026-11-22T00:31:07Z warning ready")
    #expect(
      line("worker left", ["worker": "2", "after": "10 s", "why": "", "equation": "a=b"])
        == #"2026-11-22T00:31:07Z warning worker left after="10 s" equation="a=b" why="" worker=2"#)
  }

  @Test("A peer cannot forge a line or move the cursor")
  func control() {
    #expect(
      line("a\nb \u{1B}[2J\u{9B}2J", ["k": "v\r\n"])
        == #"2026-11-22T00:31:07Z warning a\nb \u{1B}[2J\u{9B}2J k="v\r\n""#)
    #expect(
      line("worker w\u{202E}1\u{2028} joined", ["k": "\u{202E}"])
        == #"2026-11-22T00:31:07Z warning worker w\u{202E}1\u{2028} joined k="\u202e""#)
  }

  @Test("Everything goes to the file, what matters to the console too")
  func sinks() throws {
    let log = try RunLog(
      path: path, console: screen.console(), consoleLevel: .warning, clock: { [time] in time })
    var logger = log.logger(label: "coordinator")
    logger[metadataKey: "run"] = "a"
    logger.debug("unheard")
    logger.info("started", metadata: ["port": "4102"])
    logger.warning("slow", metadata: ["run": "b"])
    let expected = [
      "2026-11-22T00:31:07Z info started port=4102 run=a\n",
      "2026-11-22T00:31:07Z warning slow run=b\n",
    ]
    #expect(try Files.readText(path) == expected.joined())
    #expect(screen.written == [expected[1]])
  }

  @Test("A log goes on where it ended")
  func appended() throws {
    for message in ["first", "second"] {
      try RunLog(path: path, console: nil).logger(label: "worker").info("\(message)")
    }
    let lines = try Files.readText(path).split(separator: "\n")
    #expect(lines.map { $0.split(separator: " ").last } == ["first", "second"])
  }

  @Test("A full disk is told once and does not end what is logged")
  func fullDisk() throws {
    let log = try RunLog(path: "/dev/full", console: screen.console(), clock: { [time] in time })
    let logger = log.logger(label: "worker")
    logger.info("one")
    logger.info("two")
    #expect(
      screen.written == [
        "cannot write to /dev/full: No space left on device; free some space and try again, "
          + "nothing was lost; the log goes on without its file\n",
        "2026-11-22T00:31:07Z info one\n", "2026-11-22T00:31:07Z info two\n",
      ])
  }
}
