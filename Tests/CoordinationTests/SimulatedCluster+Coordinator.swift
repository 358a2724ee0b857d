// What the orders of the coordinator's core come to in a simulated cluster.

import Basics
import Coordination
import Wire

extension SimulatedCluster {
  mutating func tellCoordinator(_ event: CoordinatorEvent) {
    guard ending == nil else { return }
    for command in coordinator.handle(event, at: now) { execute(command) }
  }

  private mutating func execute(_ command: CoordinatorCommand) {
    switch command {
    case .send(let message, let id):
      if case .lease(let lease) = message.message { leases.append((id, lease)) }
      workers[id]?.inbox.append(message)
    case .sendReplicaChunk(let chunk, let have, let id, let stamp):
      let step = coordinator.position.step
      let from = have.flatMap { $0.next == step ? $0 : nil }
      workers[id]?.inbox.append(
        Stamped(
          stamp: stamp,
          message: .replicaChunk(
            chunk: chunk, from: from, to: step, payload: Self.bytes(master[chunk.index]))))
    case .reduce(let order):
      let (chunk, microbatch) = (order.chunk, order.microbatch)
      let (place, payload) = (order.place, order.payload)
      let measure = measure(order)
      if place == .outside {
        rechecks.append((coordinator.position.step.index, microbatch, order.worker))
        return tellCoordinator(.reduced(chunk, microbatch: microbatch, order.lease, measure))
      }
      reductions.append((coordinator.position.step.index, microbatch, order.worker))
      if wrongGradients.contains(Self.value(payload)) { isSumWrong = true }
      additions.append("step \(coordinator.position.step) chunk \(chunk) microbatch \(microbatch)")
      if chunk == ChunkIndex(0) { placesOfChunkZero.append(place) }
      if place.beginsSum { sums[chunk.index] = 0 }
      sums[chunk.index] = Self.mix(sums[chunk.index], Self.value(payload))
      tellCoordinator(.reduced(chunk, microbatch: microbatch, order.lease, measure))
    case .measure(let outcome):
      let norm = isSumWrong ? Double.infinity : norm(outcome.step.index)
      isSumWrong = false
      tellCoordinator(.measured(norm: norm))
    case .digestGradient:
      tellCoordinator(.digested(Self.digest(of: sums)))
    case .skip(let outcome, let norm):
      skipped.append((outcome, norm))
      digests.append(Self.digest(of: master))
      tellCoordinator(.updated(digests.last!, isFinite: true))
    case .update:
      for chunk in master.indices { master[chunk] = Self.mix(master[chunk], sums[chunk]) }
      digests.append(Self.digest(of: master))
      tellCoordinator(.updated(digests.last!, isFinite: digests.count != divergesAt))
    case .commit(let commit, _):
      tellCoordinator(.committed(commit.position.step, journalBytes: 0))
    case .saveCheckpoint(let position):
      let step = position.step
      if failsCheckpoints {
        tellCoordinator(.checkpointFailed(step, reason: "no space"))
      } else {
        savedSteps.append(step)
        tellCoordinator(.checkpointSaved(step))
      }
    case .log(_, let text):
      log.append("coordinator: \(text)")
    case .end(let kind, let reason):
      ending = (kind, reason)
    default:
      note(command)
    }
  }

  private func measure(_ order: ReductionOrder) -> ChunkMeasure {
    let value = Self.value(order.payload)
    let honest = squaredNorm(coordinator.position.step.index, order.microbatch)
    return ChunkMeasure(
      squaredNorm: squaredNormsOfLies[value] ?? honest, fingerprint: value)
  }

  /// What is only written down.
  private mutating func note(_ command: CoordinatorCommand) {
    switch command {
    case .recordEvaluation(let outcome): evaluations.append(outcome)
    case .recordEvent(let kind, let worker, let detail, _): events.append((kind, worker, detail))
    case .recordStep(let step): recordedSteps.append(step)
    case .beginSegment: segmentsBegun += 1
    case .dropJournal(let step): droppedThrough.append(step)
    default: return
    }
  }
}
