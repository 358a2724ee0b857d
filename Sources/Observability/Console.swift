// Standard error as several writers share it: log lines scroll, and below them one live line is
// redrawn in place. Not a screen library: the only control sequences are "carriage return" and
// "erase to the end".

import Basics
import Synchronization

/// Where log lines and a live line go without tearing each other. On anything but a terminal the
/// live line is never written. Invisible characters of what is handed in are escaped.
package final class Console: Sendable {
  /// The least time between two redraws of the live line.
  package static let redrawInterval = Duration.milliseconds(100)

  /// Whether there is somebody to redraw a line for.
  package let isTerminal: Bool

  private struct Live {
    var text = ""
    var isDrawn = false
    var drawnAt: Instant?
  }

  private let live = Mutex(Live())
  private let measureWidth: @Sendable () -> Int
  private let emit: @Sendable (String) -> Void

  /// - Parameters:
  ///   - width: columns of the terminal, asked before every redraw.
  ///   - emit: writes text; called under a lock, one call for each change of the screen.
  package init(
    isTerminal: Bool, width: @escaping @Sendable () -> Int,
    emit: @escaping @Sendable (String) -> Void
  ) {
    self.isTerminal = isTerminal
    measureWidth = width
    self.emit = emit
  }

  /// The console on an open file; 2 is standard error.
  package convenience init(descriptor: Int32 = 2) {
    self.init(
      isTerminal: TerminalSize(of: descriptor) != nil,
      width: { (TerminalSize(of: descriptor) ?? .usual).columns },
      emit: { StandardStreams.write($0, to: descriptor) })
  }

  /// Columns that a live line may fill: one less than the terminal has, so that it never wraps.
  package var width: Int { max(1, measureWidth() - 1) }

  /// Replaces the live line, at most every `redrawInterval`; what comes between is drawn with the
  /// next change or by `finish`.
  package func show(_ text: String, at now: Instant) {
    guard isTerminal else { return }
    live.withLock { live in
      live.text = text.visible
      if let last = live.drawnAt, now - last < Self.redrawInterval { return }
      live.drawnAt = now
      draw(&live)
    }
  }

  /// Writes a whole line above the live line.
  package func log(_ line: String) {
    let line = line.visible
    live.withLock { live in
      guard live.isDrawn else { return emit(line + "\n") }
      emit("\r\u{1B}[K" + line + "\n\r" + fitted(live.text) + "\u{1B}[K")
    }
  }

  /// Ends the live line: it stays as it last was when `keepingLine`, and goes otherwise.
  package func finish(keepingLine: Bool = true) {
    live.withLock { live in
      let text = live.text
      let wasDrawn = live.isDrawn
      live = Live()
      if keepingLine && !text.isEmpty {
        emit("\r" + fitted(text) + "\u{1B}[K\n")
      } else if wasDrawn {
        emit("\r\u{1B}[K")
      }
    }
  }

  private func draw(_ live: inout Live) {
    emit("\r" + fitted(live.text) + "\u{1B}[K")
    live.isDrawn = true
  }

  private func fitted(_ text: String) -> String { String(text.prefix(width)) }
}
