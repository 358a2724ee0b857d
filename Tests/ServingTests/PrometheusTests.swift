// Numbers for Prometheus, in its text format.

import Basics
import Foundation
import Observability
import RunHistory
import Serving
import TestSupport
import Testing

@Suite("Numbers for Prometheus") struct PrometheusTests {
  static func view(_ name: String) -> RunView {
    var head = RunHead(
      name: name, folder: "/r", state: .running, sentence: "computing step 4", now: 100)
    head.step = 3
    head.steps = 10
    head.latest = ["weightedLoss": 0.5, "dataSeconds": 0.25, "gigaflops": 2]
    head.totals.bytesIn = 1 << 40
    head.totals.evaluationWallSeconds = 1.5
    head.totals.events = ["left": 2, "joined": 3]
    head.workers = [
      WorkerStatus(
        name: "a\"b\\", threads: 1, shards: 1, state: "computing", lease: "microbatch 1",
        leaseSeconds: 3, silentSeconds: 0, usualSeconds: [0.5, 1, 2, 4],
        peakMemoryBytes: 1 << 28, slow: "2.0 times the others' time")
    ]
    return RunView(
      head: head, steps: SeriesView(SampledSeries()), evaluations: SeriesView(SampledSeries()),
      events: [])
  }

  @Test("Families stand together, each with its help and type, labels are escaped")
  func format() {
    let text = PrometheusText(of: [Self.view("one"), Self.view("two")]).text
    #expect(
      text.contains(
        """
        # HELP terrane_steps_total Steps that are committed.
        # TYPE terrane_steps_total counter
        terrane_steps_total{run="one"} 3
        terrane_steps_total{run="two"} 3

        """))
    #expect(text.contains("terrane_received_bytes_total{run=\"one\"} 1099511627776\n"))
    #expect(text.contains("terrane_phase_seconds{run=\"one\",phase=\"data\"} 0.25\n"))
    #expect(text.contains("terrane_flops{run=\"one\"} 2000000000\n"))
    #expect(text.contains("terrane_worker_slow{run=\"one\",worker=\"a\\\"b\\\\\"} 1\n"))
    #expect(
      text.contains(
        "terrane_worker_peak_memory_bytes{run=\"one\",worker=\"a\\\"b\\\\\"} 268435456\n"))
    #expect(text.contains("terrane_evaluation_wall_seconds_total{run=\"two\"} 1.5\n"))
    #expect(text.contains("terrane_events_total{run=\"two\",event=\"joined\"} 3\n"))
    #expect(text.contains("terrane_events_total{run=\"two\",event=\"refused\"} 0\n"))
    #expect(text.contains("terrane_evaluating{run=\"one\"} 0\n"))
    var evaluating = Self.view("three")
    evaluating.head.sentence = "evaluating step 4"
    #expect(
      PrometheusText(of: [evaluating]).text.contains("terrane_evaluating{run=\"three\"} 1\n"))
    let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(Set(types).count == types.count)
  }

  @Test("What alert rules and dashboard ask for is told, under that name")
  func namesAskedFor() throws {
    var view = Self.view("run")
    for key in ["learningRate", "gradientNorm", "peakMemoryBytes"] { view.head.latest[key] = 1 }
    view.head.latestEvaluation = ["weightedLoss": 1]
    (view.head.secondsLeft, view.head.secondsPerStep, view.head.pairsPerSecond) = (1, 1, 1)
    view.head.newest = 1
    view.head.storage.checkpoints = [RunStorage.Checkpoint(step: 1, bytes: 1, time: 1)]
    (view.head.storage.freeBytes, view.head.storage.diskBytes) = (1, 2)
    let told = Set(
      PrometheusText(of: [view]).text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        .map { String($0.split(separator: " ")[2]) })
    for file in ["alerts.yml", "alerts-test.yml", "grafana-dashboard.json"] {
      let text = try String(
        contentsOfFile: Repository.root + "/Cluster/monitoring/\(file)", encoding: .utf8)
      let asked = text.matches(of: /terrane_[a-z_]+/).map { String($0.output) }
      #expect(!asked.isEmpty)
      #expect(Set(asked).subtracting(told).sorted() == [])
    }
  }

  @Test("Runs of one name are told apart by as much of their path as it takes")
  func names() {
    #expect(ShownNames.of(["/runs/a", "/runs/b"]) == ["a", "b"])
    #expect(ShownNames.of(["/x/run", "/y/run", "/y/other"]) == ["x/run", "y/run", "other"])
    #expect(ShownNames.of(["/a/x/run", "/b/x/run"]) == ["a/x/run", "b/x/run"])
    #expect(ShownNames.of(["/run", "/a/run"]) == ["/run", "a/run"])
    #expect(ShownNames.of(["/run"]) == ["run"])
  }

  @Test("What is not known is left out")
  func unknown() {
    #expect(!PrometheusText(of: [Self.view("one")]).text.contains("held_out_loss"))
    #expect(PrometheusText(of: []).text.isEmpty)
  }
}

@Suite("The page in a terminal") struct TerminalPageTests {
  @Test("Lines fit the columns, and nothing but colours moves the terminal")
  func lines() {
    for width in [40, 80, 200] {
      let page = TerminalPage(width: width, height: 24, hasColor: false)
      var view = PrometheusTests.view("run")
      view.head.workers[0].name = "evil\u{1B}[2J"
      view.head.problems = [String(repeating: "long ", count: 100)]
      let lines = page.lines(of: view)
      #expect(lines.allSatisfy { $0.count <= width })
      #expect(lines.allSatisfy { !$0.contains("\u{1B}") })
      #expect(lines.contains { $0.contains("slow: 2.0 times") })
      #expect(lines[1].contains("step 3 of 10"))
      #expect(width < 80 || lines.contains { $0.hasSuffix("usually 7.5 s     256 MiB") })
    }
    let colorful = TerminalPage(width: 80, height: 24, hasColor: true)
    #expect(
      colorful.lines(of: PrometheusTests.view("run"))[0].contains("\u{1B}[32mrunning\u{1B}[0m"))
  }

  @Test("Of a narrow line's numbers the last are left out whole, and a baseline has a name")
  func narrow() {
    var view = PrometheusTests.view("run")
    (view.head.step, view.head.steps) = (31_000, 100_000)
    (view.head.secondsLeft, view.head.pairsPerSecond) = (7400, 31.4)
    view.head.latestEvaluation = ["patchMeanWeighted": 0.5]
    view.head.baselines = ["patchMeanWeighted"]
    func lines(_ width: Int) -> [String] {
      TerminalPage(width: width, height: 24, hasColor: false).lines(of: view)
    }
    #expect(
      lines(90)[1].hasSuffix(
        " step 31,000 of 100,000  31 %  2 h 03 m left  31.4 pairs/s"))
    #expect(lines(80)[1].hasSuffix(" step 31,000 of 100,000  31 %  2 h 03 m left"))
    #expect(lines(80).contains("baseline      0.5        mean of each patch"))
  }

  @Test("Beside each course stands the newest number, not the mean that its last row is")
  func newest() {
    var series = SampledSeries()
    for step in 1...1001 {
      series.add([("weightedLoss", Double(step))], at: step, WallTime(milliseconds: 0))
    }
    var view = PrometheusTests.view("run")
    view.steps = SeriesView(series)
    view.head.latest = ["weightedLoss": 1001]
    let page = TerminalPage(width: 80, height: 24, hasColor: false)
    func loss() -> String? { page.lines(of: view).first { $0.hasPrefix("loss ") } }
    #expect(loss()?.hasPrefix("loss          1001       ▁") == true)
    view.head.latest = [:]
    #expect(loss()?.hasPrefix("loss          –          ▁") == true)
  }

  @Test("Whatever numbers and names a page elsewhere tells, they are shown in their columns")
  func absurd() {
    var view = PrometheusTests.view(String(repeating: "long", count: 60))
    view.head.secondsLeft = 1e300
    view.head.pairsPerSecond = -1e300
    (view.head.step, view.head.steps) = (0, .max)
    view.head.workers[0].leaseSeconds = 1e300
    view.head.workers[0].usualSeconds = [1e308, 1e308]
    view.head.storage.checkpoints = [RunStorage.Checkpoint(step: .min, bytes: .max, time: 1e300)]
    (view.head.storage.checkpointCount, view.head.storage.freeBytes) = (.min, .max)
    view.events = [1e300, -1e300, 1e12].map { time in
      RunEventView(number: 1, time: time, step: 1, event: "joined", worker: nil, detail: nil)
    }
    view.steps = SeriesView(SampledSeries())
    view.steps.columns = ["step", "time", "weightedLoss"]
    view.steps.rows = [[1], [1, 1, 1.7e308], [2, 1e300, -1.7e308], [3, 1, 1.7e308]]
    for width in [40, 80] {
      let lines = TerminalPage(width: width, height: 24, hasColor: false).lines(of: view)
      #expect(lines.allSatisfy { $0.count <= width })
      #expect(lines.contains { $0.contains("– left") } == (width == 80))
      #expect(lines.contains { $0.contains("–  step 1  joined") })
    }
  }

  @Test("A course in one line: the lowest and the highest of it, however many numbers")
  func sparkline() {
    #expect(Sparkline.text(of: [0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text(of: [3, 3], width: 8) == "▁▁")
    #expect(Sparkline.text(of: (0..<1000).map(Double.init), width: 4).count == 4)
    #expect(Sparkline.text(of: [], width: 4).isEmpty)
    #expect(Sparkline.text(of: [-1.7e308, 0, 1.7e308], width: 8) == "▁▅█")
    #expect(Sparkline.text(of: [1.7e308, 1.7e308, 0, 0], width: 2) == "█▁")
  }
}
