// Messages in a traced run, a line each: payloads are told by their size.

import Basics
import Coordination
import Wire

extension Stamped where Message == WorkerMessage {
  var traceText: String { "\(stamp.traceText) \(message.traceText)" }
}

extension Stamped where Message == CoordinatorMessage {
  var traceText: String { "\(stamp.traceText) \(message.traceText)" }
}

extension SessionStamp {
  /// Session and place in it.
  fileprivate var traceText: String { "[\(session).\(sequence)]" }
}

extension WorkerMessage {
  fileprivate var traceText: String {
    switch self {
    case .hello(let hello):
      "hello, with the replica of step \(hello.replica.map { "\($0)" } ?? "none")"
    case .heartbeat: "heartbeat"
    case .requestChunks(let requests):
      "asks for chunks \(requests.map { "\($0.chunk)" }.joined(separator: ", "))"
    case .synced(let step): "holds step \(step)"
    case .gradientChunk(let lease, let chunk, let payload):
      "lease \(lease): chunk \(chunk), \(payload.count) bytes"
    case .leaseDone(let lease, let report): "lease \(lease) is done: \(report.sums)"
    case .leaseReturned(let lease, let reason, _): "lease \(lease) comes back: \(reason)"
    case .goodbye(let reason): "goodbye: \(reason)"
    }
  }
}

extension CoordinatorMessage {
  fileprivate var traceText: String {
    switch self {
    case .welcome(let worker, let welcome): "welcome as worker \(worker), step \(welcome.step)"
    case .refuse(let kind, let reason): "refused (\(kind)): \(reason)"
    case .published(let step, let digest): "step \(step) is published, digest \(digest)"
    case .replicaChunk(let chunk, let from, let to, let payload):
      "chunk \(chunk) of step \(to)\(from.map { " from step \($0)" } ?? ""), \(payload.count) bytes"
    case .lease(let lease): lease.traceText
    case .cancel(let lease): "lease \(lease) is cancelled"
    case .credit(let lease, let chunks): "lease \(lease): \(chunks) more chunks"
    case .heartbeat: "heartbeat"
    case .stop(let reason, _): "stop: \(reason)"
    }
  }
}

extension Lease {
  fileprivate var traceText: String {
    let held = SmallModel.grid.chunks.filter(held.contains).map { "\($0)" }
    return "lease \(id): \(kind) microbatch \(microbatch) of step \(step), credit \(credit)"
      + (held.isEmpty ? "" : ", chunks \(held.joined(separator: ", ")) are held")
  }
}
