// A line on the terminal that says how far a pass has come. Silent when standard error is not a terminal.

import Foundation

final class ProgressBar {
  private static let cells = 40

  private let title: String
  private let total: Int
  private var done = 0
  private var shownPercent = -1
  private let isShown: Bool

  /// - Parameter total: how much there is to do, in any unit.
  init(_ title: String, total: Int) {
    self.title = title
    self.total = max(1, total)
    isShown = isatty(STDERR_FILENO) == 1
    show()
  }

  func advance(by amount: Int) {
    done += amount
    show()
  }

  /// Clears the line.
  func finish() {
    if isShown { write("\r\u{1B}[K") }
  }

  private func show() {
    guard isShown else { return }
    let percent = min(100, done * 100 / total)
    if percent == shownPercent { return }
    shownPercent = percent
    let filled = percent * Self.cells / 100
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.cells - filled)
    write("\r\(title) \(bar) \(percent) %\u{1B}[K")
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
