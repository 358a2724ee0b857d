// What becomes of `metrics.jsonl` when a coordinator comes up: what was damaged is mended with what the journal has.

import Basics
import Checkpoints
import Coordination
import Observability

/// An evaluation of the newest step, which the journal gets with the next one.
package struct RecordedEvaluation: Sendable {
  /// Without its seal.
  package let line: String
  package let chain: Digest
}

/// A run's metrics as they were found, held against the step at which it goes on.
package struct MetricsRestoration {
  private let scan: MetricsScan
  private let step: Step
  /// The lines that stay, of steps up to this one; what comes later is made again.
  private let kept: [MetricsScan.Line]
  /// Steps up to this one that have no line.
  package let missing: [Step]
  /// Steps before this one whose evaluation was made and has no line.
  private let missingEvaluations: [Step]
  /// That of this step, if it was made: it is not made again.
  package let evaluation: RecordedEvaluation?
  private let hasUnfitEvaluation: Bool

  /// - Parameter evaluations: the run's; nil when nothing is held out.
  package init(_ scan: MetricsScan, of state: RunState, evaluations: EvaluationSchedule?) {
    self.scan = scan
    step = state.position.step
    let (step, end) = (step, step.index)
    var (seen, told): (Set<UInt64>, Set<Step>) = ([], [])
    var kept: [MetricsScan.Line] = []
    var evaluation: RecordedEvaluation?
    var hasUnfitEvaluation = false
    // Of lines that are there twice, one is enough.
    for line in scan.lines where line.step <= step && seen.insert(line.checksum).inserted {
      switch line.kind {
      case .step:
        guard told.insert(line.step).inserted else { continue }
      case .evaluation where line.step == step:
        let recorded = Self.evaluation(scan.text(of: line), after: state.chain)
        hasUnfitEvaluation = hasUnfitEvaluation || recorded == nil
        guard evaluation == nil, let recorded else { continue }
        evaluation = recorded
      case .evaluation, .other:
        break
      }
      kept.append(line)
    }
    self.kept = kept
    self.evaluation = evaluation
    self.hasUnfitEvaluation = hasUnfitEvaluation
    missing = (0..<end).map { Step(index: $0 + 1) }.filter { !told.contains($0) }
    let evaluated = Set(kept.filter { $0.kind == .evaluation }.map(\.step))
    // Where all that is held out is lost, nothing is evaluated.
    let isComplete = state.position.lostShards.isEmpty
    missingEvaluations =
      evaluations?.lost(
        before: step, isRecorded: evaluated.contains,
        isSkipped: { Self.isLinked(to: $0, in: kept, of: scan) ?? (isComplete ? false : nil) })
      ?? []
  }

  /// Whether the numbers of the step after a step follow that step's own; nil when one of the two
  /// has no line.
  private static func isLinked(
    to step: Step, in kept: [MetricsScan.Line], of scan: MetricsScan
  ) -> Bool? {
    func line(of step: Step) -> MetricsLine? {
      kept.first { $0.kind == .step && $0.step == step }.flatMap {
        try? MetricsLine(scan.text(of: $0))
      }
    }
    guard let chain = line(of: step)?.chain, let next = line(of: step.next) else { return nil }
    return next.shared?.chain(after: chain) == next.chain
  }

  /// Nil for one that is not of this run's numbers.
  private static func evaluation(_ text: String, after chain: Digest) -> RecordedEvaluation? {
    guard let line = try? MetricsLine(text),
      let found = line.chain, line.shared?.chain(after: chain) == found
    else { return nil }
    return RecordedEvaluation(line: text, chain: found)
  }

  /// Whether something is there that must not be. Lines that are missing are another matter: those that nobody has any
  /// more are missing for good, and the file is sound without them.
  private var isDamaged: Bool {
    let isHead = kept.last.map { $0.number == kept.count } ?? true
    return !scan.problems.isEmpty || !isHead || hasUnfitEvaluation
  }

  /// Whether lines of steps before this one are wanted of the journal.
  package func needsLines(before first: Step) -> Bool {
    isDamaged || missing.contains { $0 < first } || missingEvaluations.contains { $0.next < first }
  }

  /// Leaves in the file what belongs to the steps up to this one, all of it that can be had, and opens it. A file that
  /// was damaged is kept beside it.
  /// - Parameters:
  ///   - isJournaled: whether the run keeps a journal, so that no step that the metrics tell of should be lost.
  ///   - notes: reads what the journal has, oldest first; called only when lines are missing.
  ///   - warn: takes what a person should know, in sentences.
  package func open(
    isJournaled: Bool, notes: () throws -> [StepNote], warn: (String) -> Void
  ) throws -> MetricsLog {
    if scan.isMissing && step > Step(0) { warn("\(scan.path) is missing") }
    if isJournaled, let last = scan.lines.last(where: { $0.kind == .step })?.step, last > step {
      warn(
        "\(scan.path) tells of steps up to \(last), but checkpoints and journal end at step \(step): "
          + "what follows is computed again")
    }
    if !isDamaged && missing.isEmpty && missingEvaluations.isEmpty {
      return try MetricsLog(appendingTo: scan, keeping: kept.count)
    }
    let found = try notes().filter { $0.state.position.step <= step }
    let restored = restored(from: found)
    let lack = MetricsLack(
      steps: Set(missing).subtracting(found.map(\.state.position.step)),
      evaluations: Set(missingEvaluations).subtracting(
        restored.filter { $0.kind == EvaluationRecord.kind }.map(\.step)))
    if !lack.isNothing {
      let reason = isJournaled ? "which the journal no longer has" : "and no journal is kept"
      warn("\(scan.path) lacks \(lack), \(reason); the run itself is sound")
    }
    let newest = kept.last { $0.kind == .step }?.step ?? Step(0)
    if isDamaged || restored.contains(where: { $0.step < newest }) {
      return try mend(with: restored, warn)
    }
    var log = try MetricsLog(appendingTo: scan, keeping: kept.count)
    for line in restored { try log.append(line: line.text) }
    return log
  }

  /// What is wrong, in a few words.
  private var damage: String {
    var texts = scan.problems.prefix(5).map(\.description)
    if scan.problems.count > texts.count {
      texts.append("and \(scan.problems.count - texts.count) lines more")
    }
    if hasUnfitEvaluation { texts.append("the last evaluation is not of this run's numbers") }
    return texts.isEmpty ? "lines were missing from its middle" : texts.joined(separator: "; ")
  }

  private typealias Restored = (kind: String, step: Step, text: String)

  /// The lines of the journal that the file does not have.
  private func restored(from notes: [StepNote]) -> [Restored] {
    let missing = Set(missing)
    let evaluated = Set(kept.filter { $0.kind == .evaluation }.map(\.step))
    return notes.flatMap(\.metrics).compactMap { text in
      guard let line = try? MetricsLine(text) else {
        return nil
      }
      let isMissing =
        line.kind == StepRecord.kind ? missing.contains(line.step) : !evaluated.contains(line.step)
      return isMissing ? (line.kind, line.step, text) : nil
    }
  }

  /// All lines by their steps; of one step, its own line first.
  private func merged(with restored: [Restored]) -> [String] {
    var entries = kept.map { (step: $0.step, isOwn: $0.kind == .step, text: scan.text(of: $0)) }
    entries += restored.map { ($0.step, $0.kind == StepRecord.kind, $0.text) }
    let order = entries.indices.sorted { a, b in
      let (first, second) = (entries[a], entries[b])
      if first.step != second.step { return first.step < second.step }
      return first.isOwn == second.isOwn ? a < b : first.isOwn
    }
    return order.map { entries[$0].text }
  }

  private func mend(
    with restored: [Restored], _ warn: (String) -> Void
  ) throws -> MetricsLog {
    let place = try keepDamagedFile()
    var log = try MetricsLog(replacing: scan, by: merged(with: restored))
    let lines = HumanFormat.counted(restored.count, "line")
    let text = "\(damage); mended with \(lines) of the journal, and kept as it was as \(place)"
    warn("\(scan.path) was damaged: \(text)")
    try log.append(EventRecord(step: step, event: "mended", detail: text), at: .now())
    return log
  }

  /// - Returns: where it is.
  private func keepDamagedFile() throws -> String {
    let name = scan.path + ".damaged"
    var (place, number) = (name, 1)
    while Files.exists(place) {
      number += 1
      place = "\(name)-\(number)"
    }
    try scan.copy(to: place)
    return place
  }
}
