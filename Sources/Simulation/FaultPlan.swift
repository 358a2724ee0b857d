// What goes wrong in a simulated run, drawn from its seed.

import Basics

/// Something that goes wrong at an instant.
enum Fault: Equatable, CustomStringConvertible {
  /// Its process dies; a new one starts after a while.
  case crashWorker(slot: Int, pause: Duration)
  /// `powerCut`: the disk forgets what was not fsynced.
  case crashCoordinator(powerCut: Bool, pause: Duration)
  /// It dies in the middle of some later change of its disk.
  case crashAtDiskOperation(Int, powerCut: Bool, pause: Duration)
  /// Nothing of it runs for a while (SIGSTOP, a suspended machine); then it goes on where it was.
  case stopWorker(slot: Int, Duration)
  case stopCoordinator(Duration)
  /// The process' clock jumps ahead.
  case workerClockJump(slot: Int, Duration)
  case coordinatorClockJump(Duration)
  /// What one sends the other is lost or, with `delays`, comes when it is over.
  case partition(slot: Int, toCoordinator: Bool, toWorker: Bool, delays: Bool, Duration)
  /// The connection closes; both sides are told.
  case disconnect(slot: Int)
  /// It is asked to leave; a new one starts after a while.
  case leaveWorker(slot: Int, pause: Duration)
  /// The coordinator is asked to stop; another goes on after a while.
  case stopRequest
  case fullDisk(Duration)
  /// A bit of the newest checkpoint flips; noticed at the next restart.
  case damageCheckpoint
  /// Its machine computes wrongly once, so that it shows.
  case wrongGradient(slot: Int)
  /// Its process sends wrong gradients from here on, but for what it is asked a second time.
  case lie(slot: Int)

  var description: String {
    switch self {
    case .crashWorker(let slot, _): "worker \(slot) is killed"
    case .crashCoordinator(let powerCut, _):
      powerCut ? "the coordinator's power is cut" : "the coordinator is killed"
    case .crashAtDiskOperation(let count, let powerCut, _):
      "the coordinator will die after \(count) more disk operations"
        + (powerCut ? " by a power cut" : "")
    case .stopWorker(let slot, let time): "worker \(slot) is paused for \(time)"
    case .stopCoordinator(let time): "the coordinator is paused for \(time)"
    case .workerClockJump(let slot, let time): "the clock of worker \(slot) jumps by \(time)"
    case .coordinatorClockJump(let time): "the coordinator's clock jumps by \(time)"
    case .partition(let slot, let toCoordinator, let toWorker, let delays, let time):
      "worker \(slot) is cut off (\(toCoordinator ? "its messages" : "")"
        + "\(toCoordinator && toWorker ? ", " : "")\(toWorker ? "the coordinator's" : "") "
        + "\(delays ? "wait" : "are lost")) for \(time)"
    case .disconnect(let slot): "the connection of worker \(slot) closes"
    case .leaveWorker(let slot, _): "worker \(slot) is asked to leave"
    case .stopRequest: "the coordinator is asked to stop"
    case .fullDisk(let time): "the disk is full for \(time)"
    case .damageCheckpoint: "a bit of the newest checkpoint flips"
    case .wrongGradient(let slot): "the machine of worker \(slot) will compute wrongly once"
    case .lie(let slot): "worker \(slot) begins to lie"
    }
  }
}

/// All that the seed decides before anything happens.
struct FaultPlan {
  let workers: Int
  /// Chance that a message is lost, or comes twice.
  let lossRate: Double
  let duplicationRate: Double
  /// Whether messages of one direction can overtake each other.
  let reorders: Bool
  /// Chance that a message takes long.
  let delayRate: Double
  let longestDelay: Duration
  /// How long a chunk of a gradient takes each worker.
  let chunkTimes: [Duration]
  /// How long a commit takes at most.
  let longestCommit: Duration
  /// Chunks under way for each worker.
  let window: Int
  /// What the coordinator may hold of early gradients: from nothing, which one chunk passes, to
  /// most of a step's.
  let bufferBytes: Int
  let faults: [(time: Instant, fault: Fault)]

  /// When everything heals.
  static let healingTime: Duration = .seconds(30)

  /// One worker, and nothing goes wrong.
  static let none = FaultPlan(
    workers: 1, lossRate: 0, duplicationRate: 0, reorders: false, delayRate: 0,
    longestDelay: .zero, chunkTimes: [.milliseconds(100)], longestCommit: .milliseconds(2),
    window: 1, bufferBytes: 0, faults: [])

  private init(
    workers: Int, lossRate: Double, duplicationRate: Double, reorders: Bool, delayRate: Double,
    longestDelay: Duration, chunkTimes: [Duration], longestCommit: Duration, window: Int,
    bufferBytes: Int, faults: [(time: Instant, fault: Fault)]
  ) {
    self.workers = workers
    self.lossRate = lossRate
    self.duplicationRate = duplicationRate
    self.reorders = reorders
    self.delayRate = delayRate
    self.longestDelay = longestDelay
    self.chunkTimes = chunkTimes
    self.longestCommit = longestCommit
    self.window = window
    self.bufferBytes = bufferBytes
    self.faults = faults
  }

  /// - Parameter chunkBytes: what an encoded chunk of a gradient takes at most.
  init(seed: UInt64, chunkBytes: Int) {
    var random = CounterRandom(seed: seed, purpose: .simulation, 1)
    let workers = random.index(below: 4) + 1
    self.workers = workers
    lossRate = [0, 0, 0.002, 0.02][random.index(below: 4)]
    duplicationRate = [0, 0.01, 0.1][random.index(below: 3)]
    reorders = random.index(below: 2) == 0
    delayRate = [0, 0.02, 0.1][random.index(below: 3)]
    longestDelay = .milliseconds([200, 2000, 8000][random.index(below: 3)])
    chunkTimes = (0..<workers).map { _ in
      .milliseconds([20, 100, 100, 1000][random.index(below: 4)] + random.index(below: 50))
    }
    longestCommit = .milliseconds([2, 50, 1500][random.index(below: 3)])
    let count = random.index(below: 16)
    // Some runs are over in a few seconds, others bear faults for as long as they last.
    let disturbedTime = Duration.seconds([4, 10, 30][random.index(below: 3)])
    faults =
      (0..<count).map { _ in
        let time = Instant(nanoseconds: 0) + disturbedTime * random.uniform()
        return (time, Self.fault(workers, &random))
      } + Self.wrongGradients(seed: seed, workers, disturbedTime)
      + Self.lies(seed: seed, workers, disturbedTime)
    window = [1, 1, 2, 3][random.index(below: 4)]
    bufferBytes =
      [0, 1, 2, 5][random.index(below: 4)] * chunkBytes
      + random.index(below: chunkBytes)
  }

  /// None in most runs, and two at most: more could spoil every computation of one step, and
  /// rightly end the run.
  private static func wrongGradients(
    seed: UInt64, _ workers: Int, _ disturbedTime: Duration
  ) -> [(time: Instant, fault: Fault)] {
    var random = CounterRandom(seed: seed, purpose: .simulation, 3)
    let count = [0, 0, 0, 0, 0, 0, 1, 2][random.index(below: 8)]
    return (0..<count).map { _ in
      let time = Instant(nanoseconds: 0) + disturbedTime * random.uniform()
      return (time, .wrongGradient(slot: random.index(below: workers)))
    }
  }

  /// Of one worker in some runs: two who say the same would bear each other out.
  private static func lies(
    seed: UInt64, _ workers: Int, _ disturbedTime: Duration
  ) -> [(time: Instant, fault: Fault)] {
    var random = CounterRandom(seed: seed, purpose: .simulation, 4)
    guard random.index(below: 5) == 0 else { return [] }
    let time = Instant(nanoseconds: 0) + disturbedTime * random.uniform()
    return [(time, .lie(slot: random.index(below: workers)))]
  }

  private static func fault(_ workers: Int, _ random: inout CounterRandom) -> Fault {
    let slot = random.index(below: workers)
    func time(_ longest: Int) -> Duration { .milliseconds(random.index(below: longest) + 1) }
    func chance() -> Bool { random.index(below: 2) == 0 }
    switch random.index(below: 14) {
    case 0: return .crashWorker(slot: slot, pause: time(5000))
    case 1, 2: return .crashCoordinator(powerCut: chance(), pause: time(5000))
    case 3, 4:
      return .crashAtDiskOperation(
        random.index(below: 40), powerCut: chance(), pause: time(5000))
    case 5: return .stopWorker(slot: slot, time(15_000))
    case 6: return .stopCoordinator(time(15_000))
    case 7: return .workerClockJump(slot: slot, time(60_000))
    case 8: return .coordinatorClockJump(time(60_000))
    case 9:
      let (up, down) = [(true, true), (true, false), (false, true)][random.index(below: 3)]
      return .partition(
        slot: slot, toCoordinator: up, toWorker: down, delays: chance(), time(15_000))
    case 10: return .disconnect(slot: slot)
    case 11: return .leaveWorker(slot: slot, pause: time(5000))
    case 12: return .stopRequest
    default: return chance() ? .fullDisk(time(8000)) : .damageCheckpoint
    }
  }
}
