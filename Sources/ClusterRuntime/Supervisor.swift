// `terrane train` on one machine: a coordinator and its workers as separate processes, watched and,
// a bounded number of times, replaced. It computes nothing and holds no state of the run.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// Starts what a plan says, and replaces what dies.
package final class Supervisor {
  /// Replacements of one process, in quick succession, before it is given up.
  static let replacementLimit = 5
  /// A process that has lived this long was sound: earlier replacements are forgotten.
  static let soundLife: Duration = .seconds(60)
  /// For workers to end by themselves after a run that ended well, of which they are told.
  static let grace: Duration = .seconds(1)
  /// For workers to end when they are asked to.
  static let farewell: Duration = .seconds(10)
  /// For processes to be gone that were killed.
  static let lastBreath: Duration = .seconds(5)

  /// What other threads have to say.
  enum Happening: Sendable {
    /// One child or several.
    case childEnded
    case stopRequested
  }

  private typealias Role = SupervisedRole

  /// What is to be done after a while.
  private enum Duty {
    case replace(Role)
    /// A worker ended well a while ago.
    case noteLeave(Role)
    case lookForCheckpoint
  }

  private let plan: SupervisorPlan
  private let say: (String) -> Void
  private let happenings: BlockingQueue<Happening>
  private let probes: ProbeWatch?
  private var running: [Role: ChildProcess] = [:]
  private var replacements: [Role: Int] = [:]
  private var startTimes: [Role: Instant] = [:]
  private var duties: [(due: Instant, duty: Duty)] = []
  /// Workers that were replaced too often, or asked to leave.
  private var givenUp: Set<Role> = []
  /// Whether one of them was not asked to leave.
  private var hasFailedWorkers = false
  private var stopRequests = 0
  private var hasSaidProgramIsLost = false
  private var memoryKills = MemoryKills()

  /// - Parameter say: takes lines for the user.
  init(plan: SupervisorPlan, happenings: BlockingQueue<Happening>, say: @escaping (String) -> Void)
  {
    self.plan = plan
    self.happenings = happenings
    self.say = say
    probes = plan.probes.map { ProbeWatch($0, say: say) }
  }

  /// Runs until the coordinator has ended and its workers too.
  /// - Returns: the coordinator's, or `.failure` when it was stopped because workers kept failing.
  func run() throws -> ExitStatus {
    defer { killEverything() }
    try start(.coordinator)
    if probes != nil { later(ProbeWatch.interval, .lookForCheckpoint) }
    for number in plan.workerArguments.indices { try start(.worker(number)) }
    while true {
      let now = Instant.monotonicNow()
      for duty in takeDuties(due: now) {
        if let final = execute(duty) { return final }
      }
      switch happenings.receive(timeout: duties.map(\.due).min().map { max(.zero, $0 - now) }) {
      case .stopRequested:
        if let final = requestStop() { return final }
      case .childEnded:
        probes?.reap()
        for (role, ending) in reapEnded() {
          if role == .coordinator {
            if let final = coordinatorEnded(ending) { return final }
          } else {
            workerEnded(role, ending)
          }
        }
      case nil:
        continue  // A duty is due.
      }
    }
  }

  // MARK: - Starting

  private func start(_ role: Role) throws {
    if !hasSaidProgramIsLost, let path = ChildProcess.lostProgram {
      hasSaidProgramIsLost = true
      say("\(path) was removed or replaced; the run goes on with the program as it was started")
    }
    startTimes[role] = .monotonicNow()
    switch role {
    case .coordinator:
      running[role] = try ChildProcess(arguments: plan.coordinatorArguments, output: nil)
    case .worker(let number):
      let log = openLog(of: number)
      defer { close(log) }
      running[role] = try ChildProcess(arguments: plan.workerArguments[number], output: log)
    }
  }

  /// A worker that cannot have its log goes without.
  private func openLog(of worker: Int) -> Int32 {
    let path = plan.workerLogs[worker]
    let log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if log >= 0 { return log }
    say("\(FileError(operation: "open", path: path)); worker \(worker + 1) goes without its log")
    return open("/dev/null", O_WRONLY | O_CLOEXEC)
  }

  // MARK: - What is to be done later

  private func later(_ delay: Duration, _ duty: Duty) {
    duties.append((.monotonicNow() + delay, duty))
  }

  private func takeDuties(due now: Instant) -> [Duty] {
    let due = duties.filter { $0.due <= now }
    duties.removeAll { $0.due <= now }
    return due.map(\.duty)
  }

  /// - Returns: the status to end with, if it is over.
  private func execute(_ duty: Duty) -> ExitStatus? {
    switch duty {
    case .replace(let role):
      return replace(role)
    case .noteLeave(let role):
      // At a run's end the coordinator is gone by now: this worker was asked to leave.
      guard stopRequests == 0, running[.coordinator] != nil else { return nil }
      say("\(role.name) left; the run goes on without it")
      giveUp(role, hasFailed: false)
      return nil
    case .lookForCheckpoint:
      if stopRequests == 0 { probes?.look() }
      later(ProbeWatch.interval, .lookForCheckpoint)
      return nil
    }
  }

  private func replace(_ role: Role) -> ExitStatus? {
    if hasNoWorkers { return hasFailedWorkers ? .failure : .stopped }
    if stopRequests > 0 { return nil }
    do {
      try start(role)
    } catch {
      if scheduleReplacement(of: role, "could not be started (\(error))") { return nil }
      if role == .coordinator { return .failure }
      say("\(role.name) cannot be started; the run goes on without it")
      giveUp(role, hasFailed: true)
    }
    return nil
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
    later(.seconds(delay), .replace(role))
    return true
  }

  // MARK: - Endings

  /// - Returns: the status to end with; nil when the coordinator's end is to be waited for.
  private func requestStop() -> ExitStatus? {
    stopRequests += 1
    guard let coordinator = running[.coordinator] else {
      say("stopped while the coordinator was down: nothing committed is lost; go on with --resume")
      return .stopped
    }
    if stopRequests == 1 {
      say("stopping, after a checkpoint if one can be written; Ctrl-C again stops at once")
      coordinator.askToStop()
    } else {
      killEverything()
      say("stopped at once: nothing committed is lost; go on with --resume")
      return .stopped
    }
    return nil
  }

  /// - Returns: the status to end with; nil when a replacement was scheduled.
  private func coordinatorEnded(_ ending: ChildProcess.Ending) -> ExitStatus? {
    if case .signal(let number) = ending, stopRequests == 0 {
      if scheduleReplacement(of: .coordinator, memoryKills.death(by: number)) { return nil }
      say("the coordinator keeps dying; see its log")
    }
    if [.done, .stopped].contains(ending.exitStatus) { waitForWorkers(Self.grace) }
    // Who has not heard of the end would wait for the coordinator to come back.
    for worker in running.values { worker.askToStop() }
    waitForWorkers(Self.farewell)
    if ending.exitStatus == .done {
      if stopRequests == 0 { probes?.finish(happenings) }
      return .done
    }
    if hasNoWorkers && hasFailedWorkers { return .failure }
    // Who asked for a stop has it, however the coordinator ended: what is committed is in its
    // journal.
    return ending.exitStatus ?? (stopRequests > 0 ? .stopped : .failure)
  }

  private func workerEnded(_ role: Role, _ ending: ChildProcess.Ending) {
    if stopRequests > 0 { return }
    let how: String
    switch (ending, ending.exitStatus) {
    // The run's end was told to it, or somebody asked it to leave.
    case (_, .done), (_, .left), (_, .diverged):
      return later(Self.farewell, .noteLeave(role))
    case (_, .usage):
      // Another one would be given the same arguments.
      say("\(role.name) does not understand its arguments\(log(of: role))")
      return giveUp(role, hasFailed: true)
    case (.signal(let number), _): how = memoryKills.death(by: number)
    case (.status(let status), _): how = "ended with status \(status)\(log(of: role))"
    }
    if scheduleReplacement(of: role, how) { return }
    say("\(role.name) keeps ending; the run goes on without it\(log(of: role))")
    giveUp(role, hasFailed: true)
  }

  /// Where a worker says why, to follow what is said of it; empty for the coordinator, which says
  /// it to the user itself.
  private func log(of role: Role) -> String {
    guard case .worker(let number) = role else { return "" }
    return " (see \(plan.workerLogs[number]))"
  }

  private func giveUp(_ role: Role, hasFailed: Bool) {
    givenUp.insert(role)
    hasFailedWorkers = hasFailedWorkers || hasFailed
    if hasNoWorkers {
      say("no worker is left: stopping after a checkpoint")
      stopRequests += 1
      running[.coordinator]?.askToStop(.noWorkerIsLeft)
    }
  }

  /// Whether every worker there was to be has been given up.
  private var hasNoWorkers: Bool {
    !givenUp.isEmpty && givenUp.count == plan.workerArguments.count
  }

  /// The processes that have ended since the last time, the coordinator last.
  private func reapEnded() -> [(role: Role, ending: ChildProcess.Ending)] {
    var ended: [(role: Role, ending: ChildProcess.Ending)] = []
    for (role, process) in running {
      guard let ending = process.reap() else { continue }
      running[role] = nil
      ended.append((role, ending))
    }
    return ended.sorted { $0.role.order < $1.role.order }
  }

  /// For the workers that are left. Another request to stop ends the patience.
  private func waitForWorkers(_ patience: Duration) {
    let deadline = Instant.monotonicNow() + patience
    while true {
      _ = reapEnded()
      let left = deadline - Instant.monotonicNow()
      guard !running.isEmpty, left > .zero else { return }
      guard let happening = happenings.receive(timeout: left) else { return }
      if case .stopRequested = happening { return }
    }
  }

  /// Returns when all is gone, or is beyond help.
  private func killEverything() {
    probes?.stop()
    for process in running.values { process.kill() }
    let deadline = Instant.monotonicNow() + Self.lastBreath
    while !running.isEmpty && Instant.monotonicNow() < deadline {
      _ = reapEnded()
      if !running.isEmpty { _ = happenings.receive(timeout: .milliseconds(100)) }
    }
  }
}
