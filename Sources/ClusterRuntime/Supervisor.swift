// `terrane train` on one machine: a coordinator and its workers as separate processes, watched and, a
// bounded number of times, replaced. It computes nothing and holds no state of the run.

import Foundation
import Foundations

#if canImport(Glibc)
  import Glibc
#endif

/// What to start and how patient to be.
public struct SupervisorPlan: Sendable {
  public var executable: String
  public var coordinatorArguments: [String]
  /// One list of arguments a worker.
  public var workerArguments: [[String]]
  /// Where each worker's standard output and error go.
  public var workerLogs: [String]

  public init(
    executable: String, coordinatorArguments: [String], workerArguments: [[String]],
    workerLogs: [String]
  ) {
    precondition(workerArguments.count == workerLogs.count)
    self.executable = executable
    self.coordinatorArguments = coordinatorArguments
    self.workerArguments = workerArguments
    self.workerLogs = workerLogs
  }
}

public final class Supervisor {
  /// Replacements of one process, in quick succession, before it is given up.
  static let replacementLimit = 5
  /// A process that has lived this long was sound: earlier replacements are forgotten.
  static let soundLife: Duration = .seconds(60)
  /// For workers to end by themselves after a run that ended well, of which they are told.
  static let grace: Duration = .seconds(1)
  /// For workers to end when they are asked to.
  static let farewell: Duration = .seconds(10)

  private enum Happening: Sendable {
    case ended(Role, pid: Int32, status: Int32, bySignal: Bool)
    case stopRequested
    case replace(Role)
    /// A worker ended well a while ago.
    case left(Role)
  }

  private enum Role: Hashable, Sendable {
    case coordinator
    case worker(Int)

    var name: String {
      switch self {
      case .coordinator: "the coordinator"
      case .worker(let number): "worker \(number + 1)"
      }
    }
  }

  private let plan: SupervisorPlan
  private let say: (String) -> Void
  private let happenings = Mailbox<Happening>(capacity: 4096)
  private var running: [Role: Process] = [:]
  private var replacements: [Role: Int] = [:]
  private var startTimes: [Role: Instant] = [:]
  /// Workers that were replaced too often, or asked to leave.
  private var givenUp: Set<Role> = []
  private var stopRequests = 0

  /// - Parameter say: takes lines for the user.
  public init(plan: SupervisorPlan, say: @escaping (String) -> Void) {
    self.plan = plan
    self.say = say
  }

  /// Runs until the coordinator has ended and its workers too.
  /// - Returns: the coordinator's, or `.failure` when it was stopped for want of workers.
  public func run() throws -> ExitStatus {
    let happenings = happenings
    let signals = SignalWatch { happenings.send(.stopRequested) }
    defer { withExtendedLifetime(signals) {} }
    defer { killEverything() }
    try start(.coordinator)
    for number in plan.workerArguments.indices { try start(.worker(number)) }
    while let happening = happenings.receive(timeout: nil) {
      switch happening {
      case .stopRequested:
        if let final = requestStop() { return final }
      case .replace(let role):
        if hasNoWorkers { return .failure }
        if stopRequests == 0 { try start(role) }
      case .left(let role):
        // At a run's end the coordinator is gone by now: this worker was asked to leave.
        guard stopRequests == 0, running[.coordinator] != nil else { continue }
        say("\(role.name) left; the run goes on without it")
        giveUp(role)
      case .ended(let role, let pid, let status, let bySignal):
        // An ending that was noticed after its successor started is not news.
        guard running[role]?.processIdentifier == pid else { continue }
        running[role] = nil
        if role == .coordinator {
          if let final = try coordinatorEnded(status: status, bySignal: bySignal) { return final }
        } else {
          workerEnded(role, status: status, bySignal: bySignal)
        }
      }
    }
    return .failure
  }

  private func start(_ role: Role) throws {
    let process = Process()
    process.executableURL = URL(filePath: plan.executable)
    process.standardInput = FileHandle.nullDevice
    switch role {
    case .coordinator:
      process.arguments = plan.coordinatorArguments
    case .worker(let number):
      process.arguments = plan.workerArguments[number]
      let log = try openForAppending(plan.workerLogs[number])
      process.standardOutput = log
      process.standardError = log
    }
    let happenings = happenings
    process.terminationHandler = { process in
      happenings.send(
        .ended(
          role, pid: process.processIdentifier, status: process.terminationStatus,
          bySignal: process.terminationReason == .uncaughtSignal))
    }
    running[role] = process
    startTimes[role] = .monotonicNow()
    try process.run()
  }

  private func openForAppending(_ path: String) throws -> FileHandle {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// - Returns: the status to end with; nil when the coordinator's end is to be waited for.
  private func requestStop() -> ExitStatus? {
    stopRequests += 1
    guard let coordinator = running[.coordinator] else {
      say("stopped while the coordinator was down: nothing committed is lost; go on with --resume")
      return .stopped
    }
    if stopRequests == 1 {
      say("stopping after a checkpoint; Ctrl-C again stops at once")
      coordinator.terminate()
    } else {
      killEverything()
    }
    return nil
  }

  /// - Returns: the status to end with; nil when a replacement was started.
  private func coordinatorEnded(status: Int32, bySignal: Bool) throws -> ExitStatus? {
    if bySignal && stopRequests == 0 {
      if scheduleReplacement(of: .coordinator, "died by signal \(status)") { return nil }
      say("the coordinator keeps dying; see its log")
    }
    if !bySignal && status == 0 { waitForWorkers(Self.grace) }
    // Who has not heard of the end would wait for the coordinator to come back.
    for role in workersRunning { running[role]?.terminate() }
    waitForWorkers(Self.farewell)
    if !bySignal && status == ExitStatus.done.rawValue { return .done }
    if hasNoWorkers { return .failure }
    // Who asked for a stop has it, however the coordinator ended: what is committed is in its journal.
    if bySignal { return stopRequests > 0 ? .stopped : .failure }
    return ExitStatus(rawValue: status) ?? .failure
  }

  private func workerEnded(_ role: Role, status: Int32, bySignal: Bool) {
    if stopRequests > 0 { return }
    let isFarewell = [.done, .left].contains(ExitStatus(rawValue: status))
    if isFarewell && !bySignal { return later(Self.farewell.seconds, .left(role)) }
    let how = bySignal ? "died by signal \(status)" : "ended with status \(status)"
    if scheduleReplacement(of: role, how) { return }
    say("\(role.name) keeps ending; the run goes on without it")
    giveUp(role)
  }

  private func giveUp(_ role: Role) {
    givenUp.insert(role)
    if hasNoWorkers {
      say("no worker is left: stopping after a checkpoint")
      stopRequests += 1
      running[.coordinator]?.terminate()
    }
  }

  /// Replaces a process after a back-off that doubles from half a second; false past the limit.
  private func scheduleReplacement(of role: Role, _ how: String) -> Bool {
    if let started = startTimes[role], Instant.monotonicNow() - started >= Self.soundLife {
      replacements[role] = 0
    }
    let count = replacements[role, default: 0]
    guard count < Self.replacementLimit else { return false }
    replacements[role] = count + 1
    let delay = 0.5 * Double(1 << count)
    say("\(role.name) \(how); starting another in \(delay) s")
    later(delay, .replace(role))
    return true
  }

  private func later(_ seconds: Double, _ happening: Happening) {
    let happenings = happenings
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { happenings.send(happening) }
  }

  private var workersRunning: [Role] { running.keys.filter { $0 != .coordinator } }

  /// Whether every worker there was to be has been given up.
  private var hasNoWorkers: Bool {
    !givenUp.isEmpty && givenUp.count == plan.workerArguments.count
  }

  private func waitForWorkers(_ patience: Duration) {
    let deadline = Instant.monotonicNow() + patience
    while !workersRunning.isEmpty {
      let left = deadline - Instant.monotonicNow()
      guard left > .zero, let happening = happenings.receive(timeout: left) else { break }
      if case .ended(let role, _, _, _) = happening { running[role] = nil }
      if case .stopRequested = happening { break }
    }
  }

  private func killEverything() {
    for process in running.values where process.isRunning {
      kill(process.processIdentifier, SIGKILL)
    }
  }
}
