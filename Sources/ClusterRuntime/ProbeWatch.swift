// Probes beside a run: which checkpoint is probed next, by a process of its own that takes what
// time is left over. A probe changes nothing of the run, and one that fails ends nothing.

import Basics
import Checkpoints
import Foundation
import Observability
import TrainingRun

#if canImport(Glibc)
  import Glibc
#endif

/// Starts one probe at a time, of the newest checkpoint, and says what came of it.
final class ProbeWatch {
  /// Between two looks for checkpoints.
  static let interval: Duration = .seconds(2)

  private let plan: ProbePlan
  private let say: (String) -> Void
  private var running: (step: Step, process: ChildProcess)?
  private var lastStep: Step?
  private var hasSaidFailure = false

  init(_ plan: ProbePlan, say: @escaping (String) -> Void) {
    self.plan = plan
    self.say = say
    lastStep = (try? ProbeRecord.records(inFileAt: plan.folder.probes))?.map(\.step).max()
  }

  /// Starts a probe when a checkpoint is due and none runs.
  /// - Parameter isOver: whether the newest checkpoint is the last, which is probed in any case.
  func look(isOver: Bool = false) {
    guard running == nil, let newest = try? checkpoints.list().last, newest > Step(0) else {
      return
    }
    if let lastStep {
      guard newest > lastStep else { return }
      if !isOver && newest.index - lastStep.index < plan.everySteps { return }
    } else if !isOver && newest.index < plan.everySteps {
      return
    }
    lastStep = newest
    start(newest, yields: !isOver)
  }

  /// - Parameter yields: whether it takes the time alone that others leave, on one thread.
  private func start(_ step: Step, yields: Bool) {
    do throws(FileError) {
      let log = open(plan.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
      if log < 0 { throw FileError(operation: "open", path: plan.log) }
      defer { close(log) }
      let child = ProbePlan.ofChild(threads: yields ? 1 : Self.processors)
      let arguments = arguments(for: step) + child + (yields ? ["--yielding"] : [])
      running = (step, try ChildProcess(arguments: arguments, output: log))
    } catch {
      sayFailure("the probe of step \(step) could not be started: \(error)")
    }
  }

  private static let processors = ProcessInfo.processInfo.activeProcessorCount

  private func arguments(for step: Step) -> [String] {
    plan.arguments + ["--from", "\(step)"]
  }

  /// Looks after a child has ended.
  func reap() {
    guard let (step, process) = running, let ending = process.reap() else { return }
    running = nil
    guard case .status(0) = ending else {
      return sayFailure(
        "the probe of step \(step) failed (see \(plan.log)); the run does without it")
    }
    for record in (try? ProbeRecord.records(inFileAt: plan.folder.probes)) ?? []
    where record.step == step {
      say("probe, step \(step): \(record.summary)")
    }
  }

  /// Probes the last checkpoint of a run that is over, after the one that is being probed, which
  /// need not yield any more. A request to stop ends it.
  func finish(_ happenings: BlockingQueue<Supervisor.Happening>) {
    reap()
    if let (step, _) = running, (try? checkpoints.list())?.contains(step) == true {
      // Who has lowered its claim to the processors may not raise it again.
      stop()
      start(step, yields: false)
    }
    for isLast in [false, true] {
      if isLast { look(isOver: true) }
      if let (step, _) = running {
        say("all steps are done; the probe of step \(step) is at work. Ctrl-C ends without it")
      }
      while running != nil {
        if case .stopRequested? = happenings.receive(timeout: Self.interval) {
          return sayWhatIsLeftOut()
        }
        reap()
      }
    }
  }

  /// Of the checkpoints that would have been probed, how to do it by hand.
  private func sayWhatIsLeftOut() {
    let there = (try? checkpoints.list()) ?? []
    let left = there.filter { $0 == running?.step || $0 == there.last }
    if left.isEmpty { return }
    let commands = left.map { step in
      "terrane "
        + arguments(for: step).map { $0.hasPrefix("--") ? $0 : $0.shellWord }.joined(separator: " ")
    }
    say(
      "left out: the probe of \(HumanFormat.numbered("step", left.map(\.index))); make it with: "
        + commands.joined(separator: "; "))
  }

  /// Ends a probe that runs; of its checkpoint nothing is told.
  func stop() {
    guard let (_, process) = running else { return }
    process.kill()
    running = nil
    var status: Int32 = 0
    waitpid(process.number, &status, 0)
  }

  private var checkpoints: CheckpointStore { CheckpointStore(reading: plan.folder.checkpoints) }

  /// The first one is enough for a reader: what fails once fails again.
  private func sayFailure(_ text: String) {
    if !hasSaidFailure { say(text) }
    hasSaidFailure = true
  }
}
