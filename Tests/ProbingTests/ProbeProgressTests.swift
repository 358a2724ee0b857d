// How far a probe has come, as a terminal shows it.

import Observability
import Probing
import Synchronization
import Testing

@Suite("Progress of a probe") struct ProbeProgressTests {
  /// What a console was told to write.
  private final class Screen: Sendable {
    let text = Mutex("")
    var written: String { text.withLock { $0 } }
  }

  private func console(_ screen: Screen, isTerminal: Bool) -> Console {
    Console(
      isTerminal: isTerminal, width: { 80 }, emit: { text in screen.text.withLock { $0 += text } })
  }

  @Test("A bar is there before the first place is done, and each part has its own")
  func bars() {
    let screen = Screen()
    let progress = ProbeProgress(console: console(screen, isTerminal: true))
    progress.tell("Features", 0, of: 300, "places")
    #expect(screen.written.contains("Features  ["))
    #expect(screen.written.contains("0 %  0/300 places"), "\(screen.written)")
    progress.clear()
    progress.tell("Probes", 3, of: 30, "fits")
    #expect(screen.written.contains("10 %  3/30 fits"), "\(screen.written)")
  }

  @Test("Elsewhere than on a terminal nothing is written")
  func file() {
    let screen = Screen()
    let progress = ProbeProgress(console: console(screen, isTerminal: false))
    progress.tell("Features", 5, of: 10, "places")
    progress.clear()
    #expect(screen.written.isEmpty)
  }
}
