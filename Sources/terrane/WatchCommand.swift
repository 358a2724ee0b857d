// `terrane watch`: how a run goes, in a terminal.

import ArgumentParser
import Basics
import ClusterRuntime
import Foundation
import Observability
import RunHistory
import Serving
import TrainingRun

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show in the terminal how a run goes, as its page does in a browser.",
    discussion: """
      On a terminal it is drawn again and again until Ctrl-C; elsewhere it is printed once. \
      NO_COLOR=1 goes without colours.

      Examples:

        terrane watch runs/landsat
        ssh -t node1 terrane watch runs/landsat

      A coordinator with --http:

        terrane watch http://127.0.0.1:8080
      """)

  @Argument(help: "A run's folder, or the address of a page (--http, terrane view).")
  var place: String

  @Option(help: ArgumentHelp("A file with the token that the page asks for.", valueName: "file"))
  var tokenFile: String?

  @Flag(help: "Print once, on a terminal too.") var once = false

  private static let interval: Duration = .seconds(2)

  func run() throws {
    let terminal = TerminalSize(of: 1)
    var source = try WatchedSource(place, tokenFile: tokenFile)
    guard let terminal, !once else {
      return try write(text(of: try source.views(), terminal) + "\n")
    }
    let isAsked = Monitor(false)
    let listener = try StopListener(status: .done)
    listener.handOver { isAsked.withLock { $0 = true } }
    // A second screen, without a cursor, that goes with the program.
    try write("\u{1B}[?1049h\u{1B}[?25l")
    defer { try? write("\u{1B}[?25h\u{1B}[?1049l") }
    repeat {
      let size = TerminalSize(of: 1) ?? terminal
      let lines = screen(of: &source, size).split(separator: "\n", omittingEmptySubsequences: false)
      let drawn = lines.prefix(size.rows - 1).map { "\($0)\u{1B}[K\r\n" }.joined()
      try write("\u{1B}[H\(drawn)\u{1B}[J")
    } while isAsked.wait(until: .after(Self.interval), { $0 ? () : nil }) == nil
  }

  /// What goes wrong while one watches may go again.
  private func screen(of source: inout WatchedSource, _ size: TerminalSize) -> String {
    do {
      return text(of: try source.views(), size)
    } catch {
      return "\(error)\n\ntrying again".visibleLines
    }
  }

  private func text(of views: [RunView], _ terminal: TerminalSize?) -> String {
    let isColorful = ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    let size = terminal ?? .usual
    let page = TerminalPage(
      width: size.columns, height: size.rows / max(1, views.count),
      hasColor: terminal != nil && isColorful)
    return views.map { page.lines(of: $0).joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// As it is: what comes from outside was made visible by who wrote the page.
  private func write(_ text: String) throws {
    if let code = StandardStreams.writeAll(text, to: 1) {
      throw FileError(operation: "write to", path: "standard output", code: code)
    }
  }
}

/// Where what is watched comes from.
private enum WatchedSource {
  case folder(RunHistory)
  case page(StateClient)

  init(_ place: String, tokenFile: String?) throws {
    if Files.isFolder(place) {
      self = .folder(RunHistory(try RunFolder.ofRun(at: place)))
      return
    }
    let token = try tokenFile.map { path in
      String(try Files.readText(path, limitBytes: 1 << 10).prefix { !$0.isNewline })
    }
    self = .page(try StateClient(place, token: token))
  }

  mutating func views() throws -> [RunView] {
    switch self {
    case .folder(var history):
      while history.refresh(at: .monotonicNow()) {}
      self = .folder(history)
      return [history.view(at: .now())]
    case .page(let client):
      return try client.views()
    }
  }
}
