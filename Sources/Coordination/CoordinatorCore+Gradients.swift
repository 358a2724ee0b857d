// Gradients as they come, and the credit that lets more of them come.

import Basics
import Wire

extension CoordinatorCore {
  mutating func receive(
    _ chunk: ChunkIndex, _ payload: [UInt8], _ lease: LeaseID, from worker: WorkerID
  ) {
    // A lease of an earlier step, or one that was cancelled: too late to matter.
    guard let open = leases[lease] else { return }
    guard open.worker == worker, case .train(let microbatch) = open.item else {
      return refuse(
        worker, .misconduct, "it sent a gradient for lease \(lease), which is not its own")
    }
    switch reducer.receive(chunk, payload, of: microbatch, by: lease, from: worker) {
    case .due:
      noteContribution(to: microbatch, by: worker)
      reduce(
        chunk, of: microbatch, EarlyChunk(payload: payload, lease: lease, worker: worker))
    case .early:
      noteContribution(to: microbatch, by: worker)
    case .duplicate:
      return
    case .beyondModel:
      refuse(worker, .misconduct, "it sent chunk \(chunk) of \(reducer.chunkCount)")
    case .tooLarge:
      refuse(
        worker, .misconduct,
        "it sent a chunk of \(payload.count) bytes, and \(settings.gradientChunkBytes) are the most"
      )
    case .withoutCredit:
      refuse(worker, .misconduct, "it sent more of lease \(lease) than it was allowed")
    }
  }

  private mutating func noteContribution(to microbatch: Int, by worker: WorkerID) {
    work.noteContribution(to: microbatch, by: worker, roster.name(of: worker))
  }

  mutating func didReduce(_ chunk: ChunkIndex, by lease: LeaseID) {
    guard reducer.isAdding(chunk, by: lease) else { return }
    // What becomes of a gradient that was given up does not matter, and the step is being written
    // already.
    guard let (next, early) = reducer.confirm(chunk), !work.isGradientGivenUp else { return }
    reduce(chunk, of: next, early)
  }

  private mutating func reduce(_ chunk: ChunkIndex, of microbatch: Int, _ arrival: EarlyChunk) {
    order(
      .reduce(
        ReductionOrder(
          chunk, microbatch: microbatch,
          place: PlaceInSum(of: microbatch, among: reducer.microbatches), payload: arrival.payload,
          lease: arrival.lease, worker: arrival.worker)))
  }

  /// A chunk could not be added.
  mutating func didRefuse(
    _ chunk: ChunkIndex, of microbatch: Int, _ lease: LeaseID, from worker: WorkerID,
    reason: String, isNotFinite: Bool, at now: Instant
  ) {
    guard reducer.isAdding(chunk, by: lease) else { return }
    reducer.reject(chunk)
    // A report that rests on the refused chunk counts no more.
    work.forgetReport(of: .train(microbatch))
    let reason = "gradient of microbatch \(microbatch), chunk \(chunk): \(reason)"
    if isNotFinite {
      hearNotFinite(.train(microbatch), lease, from: worker, reason, at: now)
    } else {
      refuse(worker, .unsound, reason)
    }
  }

  /// Lets the leases send on for which there is room.
  mutating func grantCredit() {
    for grant in reducer.grantCredit() {
      send(.credit(lease: grant.lease, chunks: UInt32(grant.chunks)), to: grant.worker)
    }
  }
}
