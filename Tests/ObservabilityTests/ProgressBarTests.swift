// What a bar says at one moment, in the room it has.

import Basics
import Observability
import Testing

@Suite("Progress bar")
struct ProgressBarTests {
  private func line(done: Int, width: Int) -> String {
    ProgressBar.line(
      title: "Writing shards", done: done, total: 2000, unit: "chips", elapsed: .seconds(20),
      width: width)
  }

  @Test("With room it shows the bar, the share, the counts and the time left")
  func wide() {
    #expect(
      line(done: 500, width: 100)
        == "Writing shards  [█████               ]   25 %  500/2,000 chips  1 m 00 s left")
  }

  @Test("Without room it drops the time left, then the counts, then the bar, then the title")
  func narrow() {
    let barOnly = "Writing shards  [█████               ]   25 %"
    #expect(line(done: 500, width: 80) == barOnly + "  500/2,000 chips  1 m 00 s left")
    #expect(line(done: 500, width: 70) == barOnly + "  500/2,000 chips")
    #expect(line(done: 500, width: 50) == barOnly)
    #expect(line(done: 500, width: 40) == "Writing shards  25 %")
    #expect(line(done: 500, width: 10) == "25 %")
    #expect(line(done: 500, width: 2) == "25")
  }

  @Test("At the beginning and at the end there is no time left to tell")
  func ends() {
    #expect(
      line(done: 0, width: 100) == "Writing shards  [                    ]    0 %  0/2,000 chips")
    #expect(
      line(done: 2000, width: 100)
        == "Writing shards  [████████████████████]  100 %  2,000/2,000 chips")
  }

  @Test("Nothing to do is done")
  func nothing() {
    let line = ProgressBar.line(
      title: "Nothing", done: 0, total: 0, unit: "chips", elapsed: .zero, width: 80)
    #expect(line == "Nothing  [████████████████████]  100 %  0/0 chips")
  }
}
