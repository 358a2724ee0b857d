// What the live line of a run says, in the room it has and over time.

import Basics
import Observability
import Testing

@Suite("Progress line")
struct ProgressLineTests {
  private let screen = Screen()

  private let reading = ProgressLine.Reading(
    step: Step(75), steps: 300, weightedLoss: 0.58,
    means: stepMeans(plain: 0.71236, overlap: 0.214, maskRatio: 0.7714), pairsPerSecond: 31.44,
    workers: 2, timeLeft: .seconds(229))

  private func record(_ index: Int, seconds: Double) -> StepRecord {
    StepRecord(
      step: Step(index: index), weightedLoss: 0.5,
      means: stepMeans(plain: 0.75, overlap: 0.25, maskRatio: 0.775), learningRate: 1e-4,
      gradientNorm: 1, pairs: 32, seconds: seconds,
      workers: 1, bytesIn: 0, bytesOut: 0, digest: Digest(high: 0, low: 0),
      chain: Digest(high: 0, low: 0))
  }

  @Test("With room it says everything")
  func wide() {
    #expect(
      ProgressLine.text(reading, width: 200)
        == "step 75/300  [███         ]  loss 0.7124  weighted 0.5800  IoU 0.21  mask 0.771  "
        + "31.4 pairs/s  2 workers  3 m 49 s left")
  }

  @Test("Without room it drops what matters least, one thing at a time")
  func narrow() {
    let texts = [119, 109, 99, 88, 74, 59, 45, 30, 16, 11, 6].map {
      ProgressLine.text(reading, width: $0)
    }
    #expect(
      texts == [
        "step 75/300  [███         ]  loss 0.7124  weighted 0.5800  IoU 0.21  mask 0.771  "
          + "31.4 pairs/s  2 workers  3 m 49 s left",
        "step 75/300  [███         ]  loss 0.7124  weighted 0.5800  IoU 0.21  31.4 pairs/s  "
          + "2 workers  3 m 49 s left",
        "step 75/300  [███         ]  loss 0.7124  weighted 0.5800  31.4 pairs/s  2 workers  "
          + "3 m 49 s left",
        "step 75/300  [███         ]  loss 0.7124  weighted 0.5800  31.4 pairs/s  3 m 49 s left",
        "step 75/300  [███         ]  loss 0.7124  weighted 0.5800  3 m 49 s left",
        "step 75/300  loss 0.7124  weighted 0.5800  3 m 49 s left",
        "step 75/300  weighted 0.5800  3 m 49 s left",
        "step 75/300  weighted 0.5800", "step 75/300", "step 75/300", "step 7",
      ])
  }

  @Test("What an objective measures is shown where it has a caption, and only there")
  func otherMeasures() {
    var other = reading
    other.means = [
      MeasuredMean(Measure("rank", per: .pairs), 7),
      MeasuredMean(Measure("accuracy", per: .pairs, caption: "right", places: 1), 0.5),
    ]
    #expect(ProgressLine.text(other, width: 85).contains("]  loss 0.5800  31.4 pairs/s"))
    #expect(ProgressLine.text(other, width: 200).contains("]  loss 0.5800  right 0.5  31.4"))
  }

  @Test("At the end there is no time left to tell")
  func end() {
    var last = reading
    last.step = Step(300)
    last.timeLeft = nil
    #expect(
      ProgressLine.text(last, width: 60)
        == "step 300/300  [████████████]  loss 0.7124  weighted 0.5800")
  }

  @Test("The time left goes by the median of recent steps: one slow step does not shake it")
  func robust() {
    var line = ProgressLine(steps: 100, console: screen.console(columns: 200))
    for (index, seconds) in [(1, 2.0), (2, 2.0), (3, 60.0)] {
      line.update(record(index, seconds: seconds), at: milliseconds(Int64(index) * 1000))
    }
    let text = screen.written.last ?? ""
    #expect(text.contains("16.0 pairs/s  1 worker  3 m 14 s left"), "\(text)")
  }

  @Test("The pace is that of the last 21 steps")
  func recent() {
    var line = ProgressLine(steps: 1000, console: screen.console(columns: 200))
    for index in 1...31 {
      line.update(
        record(index, seconds: index <= 20 ? 9 : 1), at: milliseconds(Int64(index) * 1000))
    }
    #expect(screen.written.last?.contains("32.0 pairs/s") == true)
  }

  @Test("Where nobody watches there is a line every so often, and for the first and last step")
  func plain() {
    var line = ProgressLine(
      steps: 8, console: screen.console(isTerminal: false), plainInterval: .seconds(3))
    for index in 1...8 {
      line.update(record(index, seconds: 1), at: milliseconds(Int64(index) * 1000))
    }
    line.finish()
    #expect(
      screen.written.map { $0.prefix(8) } == ["step 1/8", "step 4/8", "step 7/8", "step 8/8"])
    #expect(
      screen.written.first
        == "step 1/8  loss 0.7500  weighted 0.5000  IoU 0.25  mask 0.775  32.0 pairs/s  1 worker  "
        + "7.0 s left\n")
  }

  @Test("Between steps it says what is going on")
  func note() {
    let line = ProgressLine(steps: 8, console: screen.console())
    line.note("waiting for workers", at: milliseconds(0))
    #expect(screen.written == ["\rwaiting for workers\u{1B}[K"])
  }
}
