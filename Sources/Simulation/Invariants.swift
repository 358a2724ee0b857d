// What must hold after every event of a simulated run, whatever has happened to it.

import Basics
import Checkpoints
import Coordination
import Kernels
import TrainingRun
import Wire

/// A promise that was broken.
struct Violation: Error, CustomStringConvertible {
  let description: String
}

/// The steps of the undisturbed run by one worker.
struct ReferenceOutcome {
  /// Of the replica after each step, from step 1 on.
  var digests: [Digest] = []
  /// Of the numbers up to each step, from step 1 on.
  var chains: [Digest] = []
  /// Of the step's losses, from step 0 on.
  var sums: [LossSums] = []
}

struct Invariants {
  /// Nil while the reference run itself is made.
  let reference: ReferenceOutcome?
  private(set) var seen = ReferenceOutcome()
  /// The newest step that the coordinator was told is durable.
  private(set) var committed = Step(0)
  /// Where the next coordinator must come back because what later steps rested on is damaged.
  private var lastSurvivor: Step?
  /// Microbatches added to each chunk of the step that is collected.
  private var added = [Int](repeating: 0, count: SmallModel.grid.chunkCount)
  /// How often each chunk's sum was complete: the step may begin anew, as a whole.
  private var completions = [Int](repeating: 0, count: SmallModel.grid.chunkCount)
  private(set) var reductions = 0

  init(reference: ReferenceOutcome?) { self.reference = reference }

  /// A contribution is added to a chunk's sum.
  mutating func reduced(_ chunk: ChunkIndex, microbatch: Int) throws(Violation) {
    reductions += 1
    if microbatch == 0 && added[chunk.index] == SimulatedRun.microbatches {
      added[chunk.index] = 0
    }
    guard microbatch == added[chunk.index] else {
      throw Violation(
        description: "microbatch \(microbatch) was added to chunk \(chunk) as number "
          + "\(added[chunk.index])")
    }
    added[chunk.index] += 1
    if added[chunk.index] == SimulatedRun.microbatches { completions[chunk.index] += 1 }
  }

  /// A step's gradients are complete.
  mutating func measured(_ step: Step, _ sums: LossSums, microbatches: Int) throws(Violation) {
    guard added.allSatisfy({ $0 == microbatches }), Set(completions).count == 1 else {
      throw Violation(
        description: "step \(step) was complete with \(added) microbatches a chunk, in "
          + "\(completions) sums")
    }
    startCollecting()
    guard let reference else { return seen.sums.append(sums) }
    guard reference.sums[step.index] == sums else {
      throw Violation(
        description:
          "the losses of step \(step) are \(sums), of the reference run \(reference.sums[step.index])"
      )
    }
  }

  /// Nothing has been added to any chunk.
  mutating func startCollecting() {
    for chunk in added.indices { (added[chunk], completions[chunk]) = (0, 0) }
  }

  /// A step is about to be made durable.
  func committing(_ step: Step, _ tensors: CheckpointTensors) throws(Violation) {
    let areFinite = tensors.vectors.allSatisfy {
      VectorStatistics.allFinite($0.pointer, count: $0.count)
    }
    guard areFinite else {
      throw Violation(description: "step \(step) is committed with numbers that are not finite")
    }
  }

  /// The coordinator is told that a step is durable.
  mutating func told(_ step: Step, _ state: RunState) throws(Violation) {
    guard step == committed.next else {
      throw Violation(
        description: "step \(step) was committed after step \(committed): computed again or skipped"
      )
    }
    committed = step
    if reference == nil {
      seen.digests.append(state.position.digest)
      seen.chains.append(state.chain)
    }
    try equalsReference(state)
  }

  /// A state is the one that the reference run had at that step.
  private func equalsReference(_ state: RunState) throws(Violation) {
    let (step, digest, chain) = (state.position.step, state.position.digest, state.chain)
    guard let reference, step > Step(0) else { return }
    let (expected, expectedChain) = (
      reference.digests[step.index - 1], reference.chains[step.index - 1]
    )
    guard digest == expected, chain == expectedChain else {
      throw Violation(
        description: "step \(step) has digest \(digest) and chain \(chain), of the reference run "
          + "\(expected) and \(expectedChain)")
    }
  }

  /// Steps after this one are lost with a damaged checkpoint: the next coordinator goes on from
  /// here, to the same bits.
  mutating func losesSteps(after step: Step) { lastSurvivor = step }

  /// A coordinator comes back at a step.
  mutating func recovered(_ state: RunState) throws(Violation) {
    let step = state.position.step
    if let survivor = lastSurvivor {
      lastSurvivor = nil
      guard step == survivor else {
        throw Violation(
          description: "the coordinator came back at step \(step), but what is whole leads to step "
            + "\(survivor)")
      }
      committed = step
      try equalsReference(state)
    }
    // One more is allowed: durable, but its coordinator died before it was told.
    guard step == committed || step == committed.next else {
      throw Violation(
        description:
          "the coordinator came back at step \(step), but step \(committed) was committed")
    }
    if step == committed.next { try told(step, state) }
    startCollecting()
  }

  /// The coordinator says something to a worker, all of which are honest.
  /// - Parameter isFaulty: whether the worker's machine has computed wrongly.
  func said(_ message: CoordinatorMessage, isFaulty: Bool) throws(Violation) {
    switch message {
    case .replicaChunk(_, _, let step, _), .published(let step, _):
      try told(nothingBeyond: step)
    case .welcome(_, let welcome):
      try told(nothingBeyond: welcome.step)
    case .lease(let lease):
      try told(nothingBeyond: lease.step)
    case .refuse(let kind, let reason)
    where kind != .greetAnew && !(isFaulty && kind == .unsound):
      throw Violation(description: "an honest worker was refused: \(reason)")
    default:
      return
    }
  }

  private func told(nothingBeyond step: Step) throws(Violation) {
    guard step > committed else { return }
    throw Violation(
      description: "a worker was told of step \(step), but only step \(committed) was committed")
  }

  /// The journal was shortened: without the newest checkpoint, the one before it must lead to the
  /// newest step, unless the run has ended.
  func reaches(back start: Step, to checkpoints: [Step]) throws(Violation) {
    if checkpoints.last == Step(index: SimulatedRun.steps) { return }
    let needed = checkpoints.dropLast().last ?? Step(0)
    guard start > needed else { return }
    throw Violation(
      description: "the journal begins after step \(start), and the checkpoint before the newest "
        + "one is of step \(needed)")
  }

  /// Something is held in memory.
  static func holds(_ what: StaticString, _ amount: Int, atMost bound: Int) throws(Violation) {
    guard amount <= bound else {
      throw Violation(description: "\(what) holds \(amount), more than \(bound)")
    }
  }
}
