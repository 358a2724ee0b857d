// A worker whose protocol is the real one and whose gradients are whatever a test wants.

import Basics
import ClusterRuntime
import Compression
import Coordination
import Imagery
import NeighborMAE
import Tensors
import TestSupport
import TrainingRun
import Transport
import Wire

/// Runs a `WorkerCore` on the test's thread, in runs whose parameters travel as bfloat16.
final class StandInWorker {
  private let endpoint: Endpoint
  private var core: WorkerCore
  private var replica = StandInWorker.replica(valueCount: 1)

  /// Makes the encoded chunk of a gradient.
  var gradient: (ChunkIndex, _ values: Int) -> [UInt8] = { _, _ in [] }
  /// Changes what it says.
  var change: (inout WorkerMessage) -> Void = { _ in }
  private(set) var ending: WorkerEnding?

  init(_ name: String, address: String) throws {
    let dataset = try Dataset(folder: try SampleDataset.folder())
    core = WorkerCore(
      settings: WorkerSettings(
        name: name, processNonce: UInt64.random(in: 1 ... .max), datasetDigest: dataset.digest,
        heldShards: dataset.presentShards, threads: 1, arithmetic: Arithmetic.version,
        coordinatorTimeout: patience),
      now: .monotonicNow())
    endpoint = try Endpoint.connect(address)
  }

  deinit { endpoint.close(linger: .zero) }

  private var grid: ChunkGrid { ChunkGrid(valueCount: replica.values.count) }

  private static func replica(valueCount: Int) -> Replica {
    Replica(codec: TensorCodec(layout(valueCount: valueCount)), deltaKind: .bfloat16)
  }

  /// Parameters whose names and shapes nobody asks for.
  static func layout(valueCount: Int) -> ChunkedLayout {
    ChunkedLayout(ParameterLayout([("all", [valueCount], .matrix)]))
  }

  /// Works until the core ends.
  func work() throws {
    try wait(for: "the end of \(core.settings.name)") {
      process(.tick)
      while ending == nil, let received = endpoint.receive(timeout: .milliseconds(5)) {
        switch received {
        case .connected: process(.connected)
        case .disconnected: process(.disconnected)
        case .refused, .trouble, .turnedAway: break
        case .message(_, let frames): process(.message(try .init(frames: frames)))
        }
      }
      return ending != nil
    }
  }

  /// What a microbatch of `TinyRun` can come to.
  private func report(of lease: Lease) -> WorkReport {
    var report = WorkReport()
    (report.sums.pairs, report.sums.hidden) = (8, 8)
    let measures = ObjectiveMeasures.neighborMAE
    let all = lease.kind == .train ? measures.training : measures.evaluation
    report.sums.measures = all.map { _ in 0 }
    return report
  }

  private func process(_ event: WorkerEvent) {
    var events = [event]
    while !events.isEmpty {
      for command in core.handle(events.removeFirst(), at: .monotonicNow()) {
        events += execute(command)
      }
    }
  }

  private func execute(_ command: WorkerCommand) -> [WorkerEvent] {
    switch command {
    case .send(var message):
      change(&message.message)
      if let frames = try? message.frames() { _ = endpoint.send(frames, timeout: patience) }
    case .prepare(let welcome):
      replica = Self.replica(valueCount: Int(welcome.parameterCount))
      return [.prepared]
    case .applyReplicaChunk(let chunk, let from, let to, let payload):
      return [replica.apply(chunk, from: from, to: to, payload)]
    case .start(let lease):
      let chunks = lease.kind == .train ? grid.chunks.filter { !lease.held.contains($0) } : []
      return chunks.map { chunk in
        .gradientChunk(
          lease.id, chunk, payload: gradient(chunk, grid.range(of: chunk).count))
      } + [.workDone(lease.id, report(of: lease))]
    case .end(let ending):
      self.ending = ending
    case .cancelWork, .log:
      break
    }
    return []
  }
}
