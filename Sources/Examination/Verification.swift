// Whether a run is what it says it is: its chain of digests, its checkpoints, its journal.

import Checkpoints
import ClusterRuntime
import Coordination
import Foundations

/// What was looked at, and what is wrong with it.
public struct VerificationReport: Sendable {
  /// One a thing that was looked at.
  public internal(set) var findings: [(name: String, text: String)] = []
  public internal(set) var problems: [String] = []
  public let chain: RunChain

  public var isSound: Bool { problems.isEmpty }
}

public struct Verification {
  private let folder: RunFolder
  private let run: PreparedRun
  private var report: VerificationReport

  /// Verifies a run's folder. Reads every byte of its checkpoints and, unless a coordinator is at work, of its
  /// journal; makes the steps after the newest whole checkpoint again.
  /// - Throws: when there is no run, its dataset is missing, a step's line of the metrics cannot be read, or
  ///   checkpoint or journal belong to another run.
  public static func verify(_ path: String) throws -> VerificationReport {
    let folder = RunFolder(path)
    var verification = Verification(
      folder: folder, run: try PreparedRun(resuming: folder, overrides: []),
      report: VerificationReport(chain: try RunChain(metrics: folder.metrics)))
    let store = ParameterStore(run: verification.run, pool: ThreadPool(threadCount: 1))
    verification.checkChain(from: store)
    try verification.checkCheckpoints()
    try verification.checkJournal(into: store)
    return verification.report
  }

  private mutating func checkChain(from store: ParameterStore) {
    let chain = report.chain
    let start = RunPosition(startOf: run.identity, digest: store.digest).chain
    guard let last = chain.links.last else { return find("chain", "no step yet") }
    if let problem = chain.firstBreak(start: start) {
      report.problems.append("\(folder.metrics): \(problem)")
      return find("chain", "BROKEN: \(problem)")
    }
    find(
      "chain",
      "\(HumanFormat.counted(chain.links.count, "step")), unbroken; the last has digest \(last.digest)"
    )
  }

  private mutating func checkCheckpoints() throws {
    let checkpoints = CheckpointStore(reading: folder.checkpoints)
    var whole: [Step] = []
    for step in try checkpoints.list() {
      do {
        let checkpoint = try checkpoints.checkpoint(of: step)
        let state = try checkpoints.state(of: checkpoint, as: RunState.self)
        if let problem = difference(state.position, "\(checkpoint.path)") {
          report.problems.append(problem)
        } else {
          whole.append(step)
        }
      } catch {
        report.problems.append("the checkpoint of step \(step): \(error)")
      }
    }
    let steps = whole.isEmpty ? "" : ": steps " + whole.map(\.description).joined(separator: ", ")
    find("checkpoints", "\(whole.count) whole\(steps)")
  }

  private mutating func checkJournal(into store: ParameterStore) throws {
    guard let lock = try FileLock(folder.lock) else {
      return find("journal", "not looked at: another process is at work in the run")
    }
    defer { withExtendedLifetime(lock) {} }
    let journal = JournalReader(folder: folder.journal, run: run.identity, grid: store.grid)
    var steps = 0
    let start = try journal.start()
    if let start {
      let ending = try journal.replay(after: start) { record in
        steps += 1
        let note = try JournalNote(decoding: record.note)
        report.problems += [difference(note.state.position, folder.journal)].compactMap { $0 }
      }
      if !ending.isNormal { report.problems.append("\(ending)") }
    }
    let held = start.map { "\(HumanFormat.counted(steps, "step")) after step \($0)" } ?? "none"
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

  /// How a position differs from what the metrics say of its step; nil when it does not.
  private func difference(_ position: RunPosition, _ place: String) -> String? {
    guard let link = report.chain.link(of: position.step) else { return nil }
    if link.digest == position.digest && link.chain == position.chain { return nil }
    return "\(place): step \(position.step) has digest \(position.digest) and chain "
      + "\(position.chain), but the metrics say \(link.digest) and \(link.chain)"
  }

  private mutating func find(_ name: String, _ text: String) {
    report.findings.append((name, text))
  }
}
