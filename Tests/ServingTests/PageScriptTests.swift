// The page's own arithmetic, carried out by node where there is one: what becomes of rows and
// events that come piece by piece.

import Basics
import Foundation
import Observability
import RunHistory
import TestSupport
import Testing

/// A program that runs scripts as a browser does.
private enum Node {
  static let isThere = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").contains { Files.exists($0 + "/node") }
}

@Suite("The page's script", .enabled(if: Node.isThere, "needs node")) struct PageScriptTests {
  /// What a program makes of series.js.
  /// - Parameter views: JSON of a `RunView`, then of each `RunChange`.
  private func answer(_ views: [String], _ body: String) throws -> String {
    let script = try String(
      contentsOfFile: Repository.root + "/Sources/Serving/Page/series.js", encoding: .utf8)
    let heard = """
      const run = new Run(0);
      [\(views.joined(separator: ","))].forEach((view, index) => run.take(view, index === 0));

      """
    let outcome = try run(
      "/usr/bin/env", ["node", "-e", script + heard + "console.log(JSON.stringify(\(body)))"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func head(_ state: RunHead.State = .running) -> RunHead {
    RunHead(name: "run", folder: "/run", state: state, sentence: "", now: 1)
  }

  private func event(_ number: Int, _ kind: String) -> RunEventView {
    RunEventView(number: number, time: 1, step: 1, event: kind, worker: nil, detail: nil)
  }

  private func snapshot(
    _ series: SampledSeries = SampledSeries(), _ events: [RunEventView] = []
  ) throws -> String {
    try JSONText.encode(
      RunView(
        head: head(), steps: SeriesView(series), evaluations: SeriesView(SampledSeries()),
        events: events), .line)
  }

  private func change(
    _ series: SampledSeries = SampledSeries(), from row: Int = 0, _ events: [RunEventView] = [],
    anew: Bool = false
  ) throws -> String {
    try JSONText.encode(
      RunChange(
        run: 0, head: head(), steps: SeriesView(series, from: row),
        evaluations: SeriesView(SampledSeries()), events: events, eventsBeginAnew: anew), .line)
  }

  @Test("A column that comes late has the numbers of its own steps, and no other's")
  func lateColumn() throws {
    var series = SampledSeries()
    for step in 1...1501 {
      series.add([("weightedLoss", 0.5)], at: step, WallTime(milliseconds: 0))
    }
    let before = series
    series.add([("weightedLoss", 0.5), ("gigaflops", 7)], at: 1502, WallTime(milliseconds: 0))
    // As the hub sends it: from the last row that was told, unless the rows are others.
    let from = before.generation == series.generation ? before.rows.count - 1 : 0
    let points = try answer(
      [try snapshot(before), try change(series, from: from)],
      "run.steps.points('gigaflops', 'step', 0)")
    #expect(points == "[[1502,7]]")
  }

  @Test("An event stands once, whether it came with the snapshot, a change or a resumed run")
  func events() throws {
    let seen = "run.events.map(event => event.number + event.event)"
    let twice = try answer(
      [
        try snapshot(SampledSeries(), [event(1, "joined"), event(2, "left")]),
        try change(SampledSeries(), [event(1, "joined"), event(2, "left"), event(3, "joined")]),
      ], seen)
    #expect(twice == #"["1joined","2left","3joined"]"#)
    let anew = try answer(
      [
        try snapshot(SampledSeries(), [event(1, "joined"), event(2, "left")]),
        try change(SampledSeries(), [event(3, "joined")], anew: true),
      ], seen)
    #expect(anew == #"["3joined"]"#)
  }

  @Test("A page that ends is waited for unless its runs are over")
  func ends() throws {
    let over = """
      [['finished'], ['running'], ['stopped'], ['silent'], ['failed', 'diverged'],
       ['finished', 'running'], []]
        .map(states => areOver(states.map(state => ({head: {state}}))))
      """
    #expect(try answer([], over) == "[true,false,false,false,true,false,false]")
  }

  @Test("Numbers and durations have one form each, at the borders too")
  func numbers() throws {
    #expect(
      try answer([], "[999.96, 999.94, 1234.6].map(Format.number)") == #"["1,000","999.9","1,235"]"#
    )
    #expect(try answer([], "[-5, 0.25].map(Format.duration)") == #"["-5.0 s","250 ms"]"#)
  }

  @Test("A time that is not known is a dash")
  func unknownTime() throws {
    #expect(try answer([], "[Format.clock(undefined), Format.clock(null)]") == #"["–","–"]"#)
  }
}
