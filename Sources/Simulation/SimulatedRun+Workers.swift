// What the orders of a worker's core come to.

import Basics
import Compression
import Coordination
import Tensors
import TrainingRun
import Wire

/// One life of a simulated worker.
final class SimulatedWorker: SimulatedProcess {
  let slot: Int
  var core: WorkerCore
  let replica: Replica
  let codec: TensorCodec
  /// What is being computed.
  var lease: Lease?
  var work: SmallModel.Work?
  var started = Instant(nanoseconds: 0)
  /// The next chunk comes out wrong.
  var computesWrongly = false
  /// Whether it sends wrong gradients.
  var lies = false
  /// What it has been asked for since.
  var asked: Set<[UInt32]> = []
  /// Whether what it computes now is to come out wrong.
  var isLying = false

  init(
    number: ProcessNumber, slot: Int, codec: TensorCodec, kind: CodecKind, now: Instant
  ) {
    self.slot = slot
    self.codec = codec
    replica = Replica(codec: codec, deltaKind: kind)
    var settings = WorkerSettings(
      name: "worker-\(slot)", processNonce: UInt64(number), datasetDigest: Digest(of: "data"),
      heldShards: [ShardID(0), ShardID(1), ShardID(2)], threads: 1,
      arithmetic: Arithmetic.version, coordinatorTimeout: .seconds(60))
    settings.valuesPerChunk = SmallModel.valuesPerChunk
    core = WorkerCore(settings: settings, now: now)
    super.init(number: number)
  }
}

extension SimulatedRun {
  /// A lease that takes longer than this gives other bits, when that is planted.
  private static let lateness: Duration = .seconds(3)
  /// A gradient of which one chunk is so many times too large stands out.
  private static let exaggeration: Float = -0x1p30

  func startWorker(_ slot: Int) throws {
    guard ending == nil else { return }
    let worker = SimulatedWorker(
      number: newProcess(), slot: slot, codec: codec, kind: model.codec, now: now)
    workers[slot] = worker
    say("worker \(slot) starts")
    queue.schedule(.tick(worker.number), at: now + Self.tick)
    if coordinator != nil { try tell(worker, .connected) }
  }

  /// Its process ends.
  func loseWorker(_ slot: Int, pause: Duration) {
    guard let worker = workers[slot] else { return }
    workers[slot] = nil
    queue.schedule(.startWorker(slot: slot), at: now + pause)
    if random.index(below: 5) > 0 {
      queue.schedule(
        .endOfWorker(worker.number), at: now + .milliseconds(random.index(below: 50) + 1))
    }
  }

  /// Tells the core, and carries out what it orders until all is quiet, or the process has ended.
  func tell(_ worker: SimulatedWorker, _ event: WorkerEvent) throws {
    var events = [event]
    while !events.isEmpty, workers[worker.slot] === worker {
      let event = events.removeFirst()
      for command in worker.core.handle(event, at: worker.clock(at: now)) {
        if let result = try execute(command, worker) { events.append(result) }
      }
    }
  }

  private func execute(
    _ command: WorkerCommand, _ worker: SimulatedWorker
  ) throws -> WorkerEvent? {
    switch command {
    case .send(let message):
      transmit(
        .toCoordinator, of: worker.slot,
        .toCoordinator(message, from: worker.number, slot: worker.slot, attempts: 0))
    case .prepare:
      return .prepared
    case .applyReplicaChunk(let chunk, let from, let to, let payload):
      let answer = worker.replica.apply(chunk, from: from, to: to, payload)
      if case .replicaChunkRefused(_, let reason) = answer {
        throw Violation(description: "chunk \(chunk) of step \(to) cannot be taken: \(reason)")
      }
      return answer
    case .start(let lease):
      worker.lease = lease
      worker.work = model.work(on: lease, replica: worker.replica.values)
      worker.started = now
      worker.isLying = willLie(worker, lease)
      scheduleNextChunk(of: worker, lease.id, after: 0)
    case .cancelWork(let lease):
      // Half the time it is too late to stop, and the work goes on to its end.
      guard worker.lease?.id == lease, random.index(below: 2) == 0 else { break }
      worker.lease = nil
      queue.schedule(.workStopped(worker.number, lease), at: now + .milliseconds(5))
    case .log(_, let text):
      say("worker \(worker.slot): \(text)")
    case .end(let ending):
      say("worker \(worker.slot) ends: \(ending.reason)")
      loseWorker(worker.slot, pause: .seconds(1))
    }
    return nil
  }

  private func scheduleNextChunk(
    of worker: SimulatedWorker, _ lease: LeaseID, after chunks: Int
  ) {
    queue.schedule(
      .computed(worker.number, lease, chunks: chunks + 1),
      at: now + plan.chunkTimes[worker.slot] * (0.5 + random.uniform()))
  }

  /// A worker has come to the end of one more chunk that is wanted: from the last one to the first,
  /// as gradients do.
  func compute(_ process: ProcessNumber, _ lease: LeaseID, _ chunks: Int) throws {
    guard let worker = worker(process), let current = worker.lease, current.id == lease,
      let work = worker.work
    else { return }
    if worker.isPaused(at: now) {
      return queue.schedule(.computed(process, lease, chunks: chunks), at: worker.pausedUntil)
    }
    let wanted = work.chunks.indices.filter {
      !current.held.contains(ChunkIndex(index: $0))
    }
    guard chunks <= wanted.count else {
      worker.lease = nil
      return try tell(worker, .workDone(lease, work.report))
    }
    let chunk = wanted[wanted.count - chunks]
    var payload = work.chunks[chunk]
    let key = SmallModel.key(current, ChunkIndex(index: chunk))
    if planted == .lateOtherBits && now - worker.started > Self.lateness {
      payload = try otherBits(than: payload, key, worker) { values in
        for index in values.indices { values[index] *= 1.5 }
      }
    }
    if worker.isLying {
      payload = try otherBits(than: payload, key, worker) { values in
        for index in values.indices { values[index] *= Self.exaggeration }
      }
    }
    if worker.computesWrongly { payload = try wrongGradient(payload, key, worker) }
    try tell(worker, .gradientChunk(lease, key.chunk, payload: payload))
    scheduleNextChunk(of: worker, lease, after: chunks)
  }

  /// Lies begin when norms are known that they stand out from, and whoever is asked a second time
  /// has thought better of it: one that is alone is not borne out by itself.
  private func willLie(_ worker: SimulatedWorker, _ lease: Lease) -> Bool {
    guard worker.lies, lease.kind == .train, lease.step.index >= NormWatch.leastSteps,
      worker.asked.insert([lease.step.rawValue, lease.microbatch]).inserted
    else { return false }
    faultyProcesses.insert(worker.number)
    say("worker \(worker.slot) lies about microbatch \(lease.microbatch)")
    return true
  }

  /// What a machine gives that computes wrongly once: the first time a value that is not finite,
  /// the second time one that is, and spoils the sum.
  private func wrongGradient(
    _ payload: [UInt8], _ key: ChunkKey, _ worker: SimulatedWorker
  ) throws -> [UInt8] {
    worker.computesWrongly = false
    faultyProcesses.insert(worker.number)
    defer { wrongGradients += 1 }
    let place = wrongGradients
    say("worker \(worker.slot) computes chunk \(key.chunk.index) wrongly")
    return try otherBits(than: payload, key, worker) { $0[place] = place == 0 ? .infinity : 3e38 }
  }

  /// A sound encoding of other values.
  private func otherBits(
    than payload: [UInt8], _ key: ChunkKey, _ worker: SimulatedWorker,
    _ change: (UnsafeMutableBufferPointer<Float>) -> Void
  ) throws -> [UInt8] {
    let values = FloatBuffer(count: SmallModel.grid.range(of: key.chunk).count)
    let all = values[0..<values.count]
    _ = try worker.codec.decode(payload, of: key.chunk, as: model.codec, into: all)
    change(all)
    return worker.codec.encode(UnsafeBufferPointer(all), as: model.codec, key: key)
  }
}
