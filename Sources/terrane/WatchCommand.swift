// `terrane watch`: how a run goes, in a terminal.

import ArgumentParser
import Basics
import ClusterRuntime
import Foundation
import Observability
import RunHistory
import Serving

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
    let watch = Monitor(Watch())
    let listener = try StopListener(status: .done)
    listener.handOver { watch.withLock { $0.isOver = true } }
    // Looks on a thread of its own: Ctrl-C is heard while an answer is waited for.
    try SystemThread("watch") { [source] in Self.look(at: source, watch) }.detach()
    // A second screen, without a cursor, that goes with the program.
    try write("\u{1B}[?1049h\u{1B}[?25l")
    defer { try? write("\u{1B}[?25h\u{1B}[?1049l") }
    while let views = watch.wait({ $0.next() }) {
      let size = TerminalSize(of: 1) ?? terminal
      let lines = screen(of: views, size).split(separator: "\n", omittingEmptySubsequences: false)
      let drawn = lines.prefix(size.rows - 1).map { "\($0)\u{1B}[K\r\n" }.joined()
      try write("\u{1B}[H\(drawn)\u{1B}[J")
    }
  }

  /// Between the thread that looks and the one that draws.
  private struct Watch: Sendable {
    var isOver = false
    /// What was seen last, until it is drawn.
    var views: Result<[RunView], any Error>?

    /// What is to be drawn; nil within while there is nothing new, nil inside once it is over.
    mutating func next() -> Result<[RunView], any Error>?? {
      if isOver { return .some(nil) }
      guard let views else { return nil }
      self.views = nil
      return views
    }
  }

  private static func look(at source: WatchedSource, _ watch: Monitor<Watch>) {
    var source = source
    repeat {
      let views = Result { try source.views() }
      watch.withLock { $0.views = views }
    } while watch.wait(until: .after(interval), { $0.isOver ? () : nil }) == nil
  }

  /// What goes wrong while one watches may go again.
  private func screen(of views: Result<[RunView], any Error>, _ size: TerminalSize) -> String {
    do {
      return text(of: try views.get(), size)
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
private enum WatchedSource: Sendable {
  case folder(RunHistory)
  case page(StateClient)

  init(_ place: String, tokenFile: String?) throws {
    if Files.isFolder(place) {
      self = .folder(RunHistory(try RunFolder.ofRun(at: place)))
      return
    }
    let token = try tokenFile.map { path throws(ServingError) in
      try AccessToken(fileAt: path, option: "--token-file")
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
