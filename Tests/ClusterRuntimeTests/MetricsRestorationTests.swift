// What a coordinator makes of the metrics that it finds: whatever happened to them, with whatever
// the journal has.

import Basics
import ClusterRuntime
import Coordination
import NeighborMAE
import Observability
import TestSupport
import Testing
import TrainingRun

private func means(_ measures: [Measure], _ values: [Double]) -> [MeasuredMean] {
  zip(measures, values).map { MeasuredMean($0, $1) }
}

@Suite("Metrics at a resume") struct MetricsRestorationTests {
  private static let identity = "run"
  private static let steps = 6
  private let folder: TemporaryFolder
  private var path: String { folder.file("metrics.jsonl") }

  /// A run of six steps, with an event at each and an evaluation of every second from step 0 on,
  /// its lines in their order.
  private struct Course {
    var entries: [MetricsEntry] = []
    var lines: [String] { entries.map(\.json) }
    var notes: [StepNote] = []
    private var evaluationChain: Digest?
    var state = RunState(
      startOf: identity, digest: Digest(of: "0"), datasetDigest: Digest(of: "data"),
      maskRatio: .constant(.paper))

    init() {
      var evaluation: MetricsEntry? = evaluate(Step(0))
      for index in 1...steps {
        let before = state.chain
        let follows = evaluationChain ?? before
        evaluationChain = nil
        let step = StepRecord(
          step: Step(index: index), weightedLoss: 1 / Double(index),
          means: means(ObjectiveMeasures.neighborMAE.training, [1, 0.5, 0.75]), learningRate: 0.1,
          gradientNorm: 2, pairs: 8, seconds: 1,
          workers: 1, bytesIn: 1, bytesOut: 1, digest: Digest(of: "\(index)"), chain: follows)
        state.position = state.position.next(step.digest)
        state.chain = add(step, after: follows)
        notes.append(
          StepNote(
            state: state, previousChain: before, hiddenPixels: 1, isSkipped: false,
            metrics: [evaluation, entries.last].compactMap { $0 }))
        entries.append(
          Self.entry(EventRecord(step: step.step, event: "joined", worker: "\(index)")))
        evaluation = nil
        if index.isMultiple(of: 2) { evaluation = evaluate(step.step) }
      }
    }

    /// - Returns: its record. The next step's record follows it.
    private mutating func evaluate(_ step: Step) -> MetricsEntry? {
      let plain = Double(step.index)
      let record = EvaluationRecord(
        step: step, weightedLoss: 1,
        means: means(ObjectiveMeasures.neighborMAE.evaluation, [plain, 1, plain, 1, plain]),
        pairs: 4, seconds: 1, chain: state.chain)
      evaluationChain = add(record, after: state.chain)
      return entries.last
    }

    private mutating func add(_ record: StepRecord, after chain: Digest) -> Digest {
      var record = record
      record.chain = SharedNumbers(record).chain(after: chain)
      entries.append(Self.entry(record))
      return record.chain
    }

    private mutating func add(_ record: EvaluationRecord, after chain: Digest) -> Digest {
      var record = record
      record.chain = SharedNumbers(record).chain(after: chain)
      entries.append(Self.entry(record))
      return record.chain
    }

    private static func entry(_ record: some MetricsRecord) -> MetricsEntry {
      MetricsEntry(record, at: WallTime(milliseconds: 1))
    }
  }

  private let course = Course()

  init() throws {
    folder = try TemporaryFolder()
    try write(course.entries)
  }

  private func write(_ entries: [MetricsEntry]) throws {
    if Files.exists(path) { try Files.remove(path) }
    let file = try MetricsFile(continuing: try scan())
    for entry in entries { try file.append(entry) }
  }

  private func scan() throws -> MetricsScan {
    try MetricsScan(path: path, runIdentity: Self.identity)
  }

  /// The lines that no resume has added.
  private func lines() throws -> [String] {
    let scan = try scan()
    #expect(scan.problems == [])
    return scan.lines.compactMap { scan.entry(of: $0)?.json }.filter {
      !$0.contains("\"event\":\"mended\"")
    }
  }

  private func edit(_ change: (inout [String]) -> Void) throws {
    var lines = try Files.readText(path).split(separator: "\n").map(String.init)
    change(&lines)
    try Files.writeDurably(lines.map { $0 + "\n" }.joined(), to: path)
  }

  private func restoration(of state: RunState) throws -> MetricsRestoration {
    MetricsRestoration(
      try scan(), of: state,
      evaluations: EvaluationSchedule(every: 2, last: Step(index: Self.steps)))
  }

  /// - Parameter first: the first step that the journal still has.
  private func resume(
    at state: RunState? = nil, journalFrom first: Int = 1
  ) throws -> [String] {
    let restoration = try restoration(of: state ?? course.state)
    var warnings: [String] = []
    _ = try restoration.open(
      isJournaled: true, notes: { Array(course.notes.dropFirst(first - 1)) },
      warn: { warnings.append($0.replacing(path, with: "PATH")) })
    return warnings
  }

  @Test("Nothing is done to metrics that are as they were written")
  func sound() throws {
    let before = try Files.readText(path)
    #expect(try resume() == [])
    #expect(try Files.readText(path) == before)
    #expect(try folder.names() == ["metrics.jsonl"])
  }

  @Test("A line that was changed is mended from the journal, and the file as it was is kept")
  func changed() throws {
    try edit { $0[6] = $0[6].replacing("\"weightedLoss\":", with: "\"weightedLoss\":1") }
    let damaged = try Files.readText(path)
    #expect(
      try resume() == [
        "PATH was damaged: line 7 (at step 3) was changed after it was written; mended with 1 line "
          + "of the journal, and kept as it was as PATH.damaged"
      ])
    #expect(try lines() == course.lines)
    #expect(try Files.readText(path + ".damaged") == damaged)
    #expect(try resume() == [])
  }

  @Test("An evaluation that was lost comes back, and a foreign line goes")
  func evaluation() throws {
    try edit {
      $0[10] = "noise"
      $0.insert("more noise", at: 2)
    }
    let warning = try #require(try resume().first)
    #expect(warning.contains("line 3 is not a line that Terrane writes; line 12 is not a line"))
    #expect(try lines() == course.lines)
  }

  @Test("Lines in another order, and lines that are there twice, come into their places")
  func reordered() throws {
    try edit {
      $0.swapAt(3, 8)
      $0.append($0[0])
    }
    #expect(try resume().count == 1)
    #expect(try lines() == course.lines)
  }

  @Test("Every damage to a byte of a step's line, or of an evaluation's, is mended")
  func bytes() throws {
    let original = Array(try Files.readText(path).utf8)
    let evaluation = course.lines.firstIndex { $0.contains("\"kind\":\"evaluation\"") }!
    let step = course.lines.firstIndex { $0.contains("\"kind\":\"step\"") }!
    for line in [step, evaluation] {
      let offset = try Files.readText(path).split(separator: "\n")[..<line]
        .reduce(0) { $0 + $1.utf8.count + 1 }
      for place in stride(from: offset, to: offset + course.lines[line].utf8.count, by: 17) {
        var bytes = original
        bytes[place] ^= 4
        try Files.writeDurably(to: path) { try $0.write(bytes) }
        #expect(try resume().count == 1, "byte \(place)")
        #expect(try lines() == course.lines, "byte \(place)")
        try Files.writeDurably(to: path) { try $0.write(original) }
      }
    }
  }

  @Test("Metrics that were deleted are missed, with the steps that cannot be had")
  func deleted() throws {
    try Files.remove(path)
    #expect(
      try resume(journalFrom: 4) == [
        "PATH is missing",
        "PATH lacks the lines of steps 1 to 3 and the evaluations of steps 0 and 2, which the "
          + "journal "
          + "no longer has; the run itself is sound",
      ])
    #expect(
      try lines()
        == course.lines.filter { line in
          !line.contains("\"kind\":\"event\"")
            && [4, 5, 6].contains { line.contains("\"step\",\"step\":\($0),") }
            || line.contains("\"evaluation\",\"step\":4,")
        })
    // What is gone for good is said again, and mended never.
    let before = try Files.readText(path)
    #expect(try resume(journalFrom: 4).count == 1)
    #expect(try Files.readText(path) == before)
    #expect(try folder.names() == ["metrics.jsonl"])
  }

  @Test("An evaluation that nobody has any more is named, at this resume and at every later one")
  func lostEvaluation() throws {
    try edit { $0.remove(at: 5) }
    let lack =
      "PATH lacks the evaluation of step 2, which the journal no longer has; the run itself is sound"
    let warnings = try resume(journalFrom: 4)
    #expect(warnings.count == 2 && warnings.first == lack, "\(warnings)")
    #expect(try resume(journalFrom: 4) == [lack])
    // What is in the journal comes back, with the step after it.
    #expect(try resume(journalFrom: 3).count == 1)
    #expect(try lines() == course.lines)
  }

  @Test("An evaluation is missed where it was made: not when its shards were lost before")
  func noEvaluation() throws {
    // Steps 1 and 2 follow each other in the numbers; so do 3 and 4, and 5 and 6.
    let restoration = MetricsRestoration(
      try scan(), of: course.state,
      evaluations: EvaluationSchedule(every: 1, last: Step(index: Self.steps)))
    var warnings: [String] = []
    _ = try restoration.open(
      isJournaled: true, notes: { course.notes }, warn: { warnings.append($0) })
    #expect(warnings == [])
  }

  @Test("A step whose line could not be written comes back into its place")
  func unwritten() throws {
    try write(course.entries.filter { $0.kind != StepRecord.kind || $0.step != Step(3) })
    let warning = try #require(try resume().first)
    #expect(
      warning.hasPrefix("PATH was damaged: lines were missing from its middle; mended with 1 "))
    #expect(try lines() == course.lines)
  }

  @Test("A tail that a power cut took is restored without a word")
  func tail() throws {
    let text = try Files.readText(path)
    for count in [1, 40, 900, 2000] {
      try Files.writeDurably(String(text.dropLast(count)), to: path)
      #expect(try resume() == [])
      let found = try lines().filter { !$0.contains("\"kind\":\"event\"") }
      // The evaluation of the newest step is not in the journal yet: it is made again.
      #expect(
        found
          == course.lines.filter { !$0.contains("\"kind\":\"event\"") }.dropLast(), "\(count)")
      try Files.writeDurably(text, to: path)
    }
  }

  @Test("Steps that the metrics tell of and that nothing else has are named")
  func lostJournal() throws {
    let state = course.notes[3].state
    #expect(
      try resume(at: state) == [
        "PATH tells of steps up to 6, but checkpoints and journal end at step 4: what follows is "
          + "computed again"
      ])
    #expect(try lines() == Array(course.lines.prefix { !$0.contains("\"step\":5,") }))
  }

  @Test("The newest step's evaluation is not made again, unless it is damaged")
  func newestEvaluation() throws {
    #expect(try restoration(of: course.state).evaluation != nil)
    #expect(try restoration(of: course.notes[3].state).evaluation != nil)
    #expect(try restoration(of: course.notes[4].state).evaluation == nil)
    try edit { $0[$0.count - 1] = $0.last!.replacing("\"pairs\":4", with: "\"pairs\":5") }
    #expect(try restoration(of: course.state).evaluation == nil)
    #expect(try resume().count == 1)
    #expect(try lines() == Array(course.lines.dropLast()))
  }
}
