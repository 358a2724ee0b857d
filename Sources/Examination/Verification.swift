// Whether a run is what it says it is: its metrics and their chain, its checkpoints, its journal.
// Reading only: it takes no lock and makes no file, so that it works for whoever may read the run,
// and beside a coordinator that is at work.

import Basics
import Checkpoints
import Coordination
import Observability
import TrainingRun

/// What was looked at, and what is wrong with it.
package struct VerificationReport: Sendable {
  /// One a thing that was looked at.
  package internal(set) var findings: [(name: String, text: String)] = []
  package internal(set) var problems: [String] = []
  package let chain: RunChain

  package var isSound: Bool { problems.isEmpty }
}

package struct Verification {
  private let folder: RunFolder
  private let run: PreparedRun
  private let scan: MetricsScan
  /// The states of the whole checkpoints, oldest first.
  private let saved: [(path: String, state: RunState)]
  /// The steps that the journal holds.
  private var journaled: Set<Step> = []
  private var report: VerificationReport

  /// Verifies a run's folder. Reads every byte of its checkpoints and, unless a coordinator is at
  /// work, of its journal; makes the steps after the newest whole checkpoint again.
  /// - Parameter data: the datasets' folders; none for those that the run was started with.
  /// - Throws: when there is no run, its dataset is missing, another release of Terrane wrote the
  ///   metrics, or checkpoint or journal belong to another run.
  package static func verify(_ path: String, data: [String] = []) throws -> VerificationReport {
    var verification = try Verification(RunFolder(path), data: data)
    let store = try ParameterStore(run: verification.run, pool: ThreadPool(threadCount: 1))
    let start = RunState(startOf: verification.run, digest: store.digest).chain
    try verification.checkChain(from: start)
    verification.checkCheckpoints()
    try verification.checkJournal(into: store)
    try verification.checkMetrics(from: start)
    return verification.report
  }

  /// The checkpoints are read before the metrics: a run that is at work has the line of a step
  /// before its checkpoint.
  private init(_ folder: RunFolder, data: [String]) throws {
    self.folder = folder
    run = try PreparedRun(reading: folder, data: data)
    var problems: [String] = []
    saved = try Self.wholeCheckpoints(CheckpointStore(reading: folder.checkpoints), &problems)
    scan = try MetricsScan(path: folder.metrics, runIdentity: run.identity)
    report = VerificationReport(problems: problems, chain: try RunChain(scan))
  }

  private static func wholeCheckpoints(
    _ checkpoints: CheckpointStore, _ problems: inout [String]
  ) throws -> [(path: String, state: RunState)] {
    var whole: [(path: String, state: RunState)] = []
    for step in try checkpoints.list() {
      do {
        let checkpoint = try checkpoints.checkpoint(of: step)
        whole.append((checkpoint.path, try checkpoints.runState(of: checkpoint)))
      } catch {
        // One that a coordinator at work has removed meanwhile is not missed.
        guard try checkpoints.list().contains(step) else { continue }
        problems.append("the checkpoint of step \(step): \(error)")
      }
    }
    return whole
  }

  private mutating func checkChain(from start: Digest) throws {
    let chain = report.chain
    guard let last = chain.lastStep, let digest = last.digest else {
      return find("chain", "no step yet")
    }
    let lost = try lostEvaluations(before: last.step, start: start)
    if let problem = chain.firstBreak(start: start, lostEvaluations: lost) {
      report.problems.append("\(folder.metrics): \(problem)")
      return find("chain", "BROKEN: \(problem)")
    }
    let isWhole = chain.missing(upTo: last.step).isEmpty && lost.isEmpty
    find(
      "chain",
      "\(HumanFormat.counted(chain.stepCount, "step")), \(isWhole ? "unbroken" : "with gaps"); the "
        + "last has digest \(digest)")
  }

  /// The steps before one whose evaluation was made and has no line.
  private func lostEvaluations(before end: Step, start: Digest) throws -> [Step] {
    report.chain.lostEvaluations(
      by: try run.evaluationSchedule, before: end, start: start,
      isComplete: saved.last?.state.position.lostShards.isEmpty ?? false)
  }

  private mutating func checkCheckpoints() {
    var whole: [Step] = []
    for (path, state) in saved {
      if let problem = difference(state, path) {
        report.problems.append(problem)
      } else {
        whole.append(state.position.step)
      }
    }
    let steps = whole.isEmpty ? "" : ": \(HumanFormat.numbered("step", whole.map(\.index)))"
    find("checkpoints", "\(whole.count) whole\(steps)")
  }

  private mutating func checkJournal(into store: ParameterStore) throws {
    let atWork = "not looked at: another process is at work in the run"
    if try RunLock.isHeld(folder) { return find("journal", atWork) }
    let before = (report, journaled)
    var failure: (any Error)?
    do {
      try readJournal(into: store)
      if report.problems.count == before.0.problems.count { return }
    } catch {
      failure = error
    }
    // What looked wrong may have been written just now.
    if try RunLock.isHeld(folder) {
      (report, journaled) = before
      return find("journal", atWork)
    }
    if let failure { throw failure }
  }

  private mutating func readJournal(into store: ParameterStore) throws {
    let journal = JournalReader(folder: folder.journal, run: run.identity, grid: store.grid)
    let start = try journal.start()
    if let start {
      let ending = try journal.replay(after: start) { record in
        journaled.insert(record.step)
        let note = try StepNote(decoding: record.note)
        report.problems += [difference(note.state, folder.journal)].compactMap { $0 }
      }
      if !ending.isNormal { report.problems.append("\(ending)") }
    }
    let held =
      start.map { "\(HumanFormat.counted(journaled.count, "step")) after step \($0)" } ?? "none"
    let recovery = RunRecovery(
      start: RunState(startOf: run, digest: store.digest),
      checkpoints: CheckpointStore(reading: folder.checkpoints), journal: journal)
    let recovered: RecoveredRun
    do {
      recovered = try recovery.recover(into: store)
    } catch let error as DivergedRun {
      report.problems.append("\(folder.journal): \(error)")
      return find("journal", "\(held); a resume ends at once: DIVERGED at step \(error.step)")
    }
    let made = recovered.notes.isEmpty ? "" : ", the last \(recovered.notes.count) made again"
    find("journal", "\(held)\(made); a resume goes on at step \(recovered.state.position.step)")
  }

  /// Whether each line is as it was written, and each step and each evaluation has one. The journal
  /// has an evaluation with the step after it.
  private mutating func checkMetrics(from start: Digest) throws {
    report.problems += scan.problems.map { "\(scan.path): \($0)" }
    let lines = [report.chain.lastStep?.step].compactMap { $0 }
    let last = (saved.map(\.state.position.step) + journaled + lines).max() ?? Step(0)
    let steps = report.chain.missing(upTo: last)
    let evaluations = try lostEvaluations(before: last, start: start)
    let held = MetricsLack(
      steps: steps.filter(journaled.contains),
      evaluations: evaluations.filter { journaled.contains($0.next) })
    let lost = MetricsLack(
      steps: Set(steps).subtracting(held.steps),
      evaluations: Set(evaluations).subtracting(held.evaluations))
    if !lost.isNothing { report.problems.append("\(scan.path) lacks \(lost)") }
    let rest = held.isNothing ? "" : "; a resume adds \(held) from the journal"
    let count = HumanFormat.counted(scan.lines.count, "line")
    find("metrics", "\(count) as \(scan.lines.count == 1 ? "it was" : "they were") written\(rest)")
  }

  /// How a state differs from what the metrics say of its step; nil when it does not.
  private func difference(_ state: RunState, _ place: String) -> String? {
    let position = state.position
    guard let link = report.chain.link(of: position.step), let digest = link.digest else {
      return nil
    }
    if digest == position.digest && link.chain == state.chain { return nil }
    return "\(place): step \(position.step) has digest \(position.digest) and chain "
      + "\(state.chain), but the metrics say \(digest) and \(link.chain)"
  }

  private mutating func find(_ name: String, _ text: String) {
    report.findings.append((name, text))
  }
}
