// Gradients as they come, and the credit that lets more of them come.

import Basics
import Wire

extension CoordinatorCore {
  mutating func receive(
    _ chunk: ChunkIndex, _ payload: [UInt8], _ lease: LeaseID, from worker: WorkerID
  ) {
    // A lease of an earlier step, or one that was cancelled: too late to matter.
    guard let open = leases[lease] else { return }
    guard open.worker == worker, open.item.hasGradient else {
      return refuse(
        worker, .misconduct, "it sent a gradient for lease \(lease), which is not its own")
    }
    switch reception(of: chunk, payload, open) {
    case .due:
      take(chunk, of: open)
      reduce(chunk, of: open.item, EarlyChunk(payload: payload, lease: lease, worker: worker))
    case .early:
      take(chunk, of: open)
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

  private mutating func reception(
    of chunk: ChunkIndex, _ payload: [UInt8], _ open: OpenLease
  ) -> GradientReducer.Reception {
    switch open.item {
    case .train(let microbatch):
      reducer.receive(chunk, payload, of: microbatch, by: open.id, from: open.worker)
    case .recheck:
      watch.recheck?.receive(chunk, payload, by: open.id, from: open.worker) ?? .withoutCredit
    case .evaluate:
      .withoutCredit
    }
  }

  /// Notes who has a part in the sum.
  private mutating func take(_ chunk: ChunkIndex, of open: OpenLease) {
    guard case .train(let microbatch) = open.item, let computer = roster.computer(open.worker)
    else { return }
    watch.note(chunk, of: microbatch, by: computer)
  }

  mutating func didReduce(
    _ chunk: ChunkIndex, of microbatch: Int, by lease: LeaseID, _ measure: ChunkMeasure,
    at now: Instant
  ) {
    if watch.recheck?.isMeasuring(chunk, by: lease) == true {
      watch.recheck?.didMeasure(chunk, measure, by: lease, at: now)
      return considerRecheck(at: now)
    }
    guard reducer.isAdding(chunk, by: lease) else { return }
    watch.note(measure, of: chunk, of: microbatch)
    // What becomes of a gradient that was given up does not matter, and the step is being written
    // already.
    guard let (next, early) = reducer.confirm(chunk), !work.isGradientGivenUp else { return }
    reduce(chunk, of: .train(next), early)
  }

  private mutating func reduce(_ chunk: ChunkIndex, of item: WorkItem, _ arrival: EarlyChunk) {
    let (microbatch, place): (Int, PlaceInSum)
    switch item {
    case .train(let number):
      (microbatch, place) = (number, PlaceInSum(of: number, among: reducer.microbatches))
    case .recheck(let number):
      (microbatch, place) = (number, .outside)
    case .evaluate:
      return
    }
    order(
      .reduce(
        ReductionOrder(
          chunk, microbatch: microbatch, place: place, payload: arrival.payload,
          lease: arrival.lease, worker: arrival.worker)))
  }

  /// A chunk could not be added.
  mutating func didRefuse(
    _ chunk: ChunkIndex, of microbatch: Int, _ lease: LeaseID, from worker: WorkerID,
    reason: String, isNotFinite: Bool, at now: Instant
  ) {
    let item: WorkItem
    if watch.recheck?.isMeasuring(chunk, by: lease) == true {
      watch.recheck?.drop(lease)
      item = .recheck(microbatch)
    } else {
      guard reducer.isAdding(chunk, by: lease) else { return }
      reducer.reject(chunk)
      item = .train(microbatch)
      // A report that rests on the refused chunk counts no more.
      work.forgetReport(of: item)
    }
    let reason = "gradient of microbatch \(microbatch), chunk \(chunk): \(reason)"
    if isNotFinite {
      hearNotFinite(item, lease, from: worker, reason, at: now)
    } else {
      refuse(worker, .unsound, reason)
    }
  }

  /// Lets the leases send on for which there is room.
  mutating func grantCredit() {
    for grant in reducer.grantCredit() + (watch.recheck?.grantCredit() ?? []) {
      send(.credit(lease: grant.lease, chunks: UInt32(grant.chunks)), to: grant.worker)
    }
  }
}
