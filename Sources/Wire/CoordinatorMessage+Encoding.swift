// The coordinator's messages as frames.

import Basics
import CWireMessages

extension Stamped<CoordinatorMessage> {
  /// The frames to send: a header, then the payload if there is one (a chunk's is not copied).
  /// - Throws: `WireError` for what the other side would refuse.
  package func frames() throws(WireError) -> [[UInt8]] {
    var arena = HeaderArena()
    var header = Terrane__Wire__CoordinatorHeader()
    terrane__wire__coordinator_header__init(&header)
    header.stamp = arena.stamp(stamp)
    let payload = try message.fill(&header, &arena)
    let bytes = try packed(&header)
    return payload.map { [bytes, $0] } ?? [bytes]
  }
}

extension CoordinatorMessage {
  /// - Returns: the payload that follows the header.
  fileprivate func fill(
    _ header: inout Terrane__Wire__CoordinatorHeader, _ arena: inout HeaderArena
  ) throws(WireError) -> [UInt8]? {
    var payload: [UInt8]?
    switch self {
    case .welcome(let worker, let welcome):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_WELCOME
      header.welcome = arena.place(try Self.message(of: welcome, for: worker, &arena))
      payload = Array(welcome.configurationYAML.utf8)
    case .refuse(let kind, let reason):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_REFUSE
      var message = Terrane__Wire__Refuse()
      terrane__wire__refuse__init(&message)
      message.reason = arena.reason(reason)
      (message.has_kind, message.kind) = (1, kind.wireValue)
      header.refuse = arena.place(message)
    case .published(let step, let digest):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_PUBLISHED
      var message = Terrane__Wire__Published()
      terrane__wire__published__init(&message)
      (message.has_step, message.step) = (1, step.rawValue)
      message.digest = arena.digest(digest)
      header.published = arena.place(message)
    case .replicaChunk(let chunk, let from, let to, let bytes):
      try Self.check(from: from, to: to)
      try HeaderReader.checkLength(
        bytes.count, in: 1...WireLimits.chunkPayloadBytes, "replicaChunk.payload", "bytes")
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_REPLICA_CHUNK
      var message = Terrane__Wire__ReplicaChunk()
      terrane__wire__replica_chunk__init(&message)
      (message.has_chunk, message.chunk) = (1, chunk.rawValue)
      if let from { (message.has_from, message.from) = (1, from.rawValue) }
      (message.has_to, message.to) = (1, to.rawValue)
      header.replica_chunk = arena.place(message)
      payload = bytes
    case .lease(let lease):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_LEASE
      header.lease = arena.place(try Self.message(of: lease, &arena))
    case .cancel(let lease):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_CANCEL
      var message = Terrane__Wire__Cancel()
      terrane__wire__cancel__init(&message)
      (message.has_lease, message.lease) = (1, lease.rawValue)
      header.cancel = arena.place(message)
    case .credit(let lease, let chunks):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_CREDIT
      header.credit = try Self.credit(lease, chunks, &arena)
    case .heartbeat:
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_HEARTBEAT
      var message = Terrane__Wire__CoordinatorHeartbeat()
      terrane__wire__coordinator_heartbeat__init(&message)
      header.heartbeat = arena.place(message)
    case .stop(let reason, let kind):
      header.kind_case = TERRANE__WIRE__COORDINATOR_HEADER__KIND_STOP
      header.stop = arena.place(Self.stop(reason, kind, &arena))
    }
    return payload
  }

  private static func stop(
    _ reason: String, _ kind: StopKind, _ arena: inout HeaderArena
  ) -> Terrane__Wire__Stop {
    var message = Terrane__Wire__Stop()
    terrane__wire__stop__init(&message)
    message.reason = arena.reason(reason)
    (message.has_kind, message.kind) = (1, kind.wireValue)
    return message
  }

  private static func message(
    of welcome: Welcome, for worker: WorkerID, _ arena: inout HeaderArena
  ) throws(WireError) -> Terrane__Wire__Welcome {
    try welcome.check()
    var message = Terrane__Wire__Welcome()
    terrane__wire__welcome__init(&message)
    (message.has_worker, message.worker) = (1, worker.rawValue)
    message.run_identity = try arena.name(welcome.runIdentity, "welcome.runIdentity")
    (message.has_parameter_count, message.parameter_count) = (1, welcome.parameterCount)
    (message.has_step, message.step) = (1, welcome.step.rawValue)
    message.digest = arena.digest(welcome.digest)
    message.has_heartbeat_interval_nanoseconds = 1
    message.heartbeat_interval_nanoseconds = welcome.heartbeatInterval.nanoseconds
    message.has_heartbeat_timeout_nanoseconds = 1
    message.heartbeat_timeout_nanoseconds = welcome.heartbeatTimeout.nanoseconds
    (message.has_window, message.window) = (1, welcome.window)
    (message.has_dataset_version, message.dataset_version) = (1, welcome.datasetVersion)
    return message
  }

  private static func message(of lease: Lease, _ arena: inout HeaderArena)
    throws(WireError) -> Terrane__Wire__Lease
  {
    let checked = try HeaderReader.checked(lease.bounds, "lease.bounds")
    var bounds = Terrane__Wire__MaskRatioBounds()
    terrane__wire__mask_ratio_bounds__init(&bounds)
    (bounds.has_minimum, bounds.minimum) = (1, checked.minimum)
    (bounds.has_maximum, bounds.maximum) = (1, checked.maximum)
    var message = Terrane__Wire__Lease()
    terrane__wire__lease__init(&message)
    (message.has_lease, message.lease) = (1, lease.id.rawValue)
    (message.has_step, message.step) = (1, lease.step.rawValue)
    (message.has_kind, message.kind) = (1, lease.kind.wireValue)
    (message.has_microbatch, message.microbatch) = (1, lease.microbatch)
    (message.has_shard, message.shard) = (1, lease.shard.rawValue)
    message.bounds = arena.place(bounds)
    try lease.check()
    message.has_held_chunks = 1
    message.held_chunks.len = lease.held.bytes.count
    message.held_chunks.data = arena.place(lease.held.bytes)
    (message.has_credit, message.credit) = (1, lease.credit)
    return message
  }

  private static func credit(_ lease: LeaseID, _ chunks: UInt32, _ arena: inout HeaderArena)
    throws(WireError) -> UnsafeMutablePointer<Terrane__Wire__Credit>
  {
    var message = Terrane__Wire__Credit()
    terrane__wire__credit__init(&message)
    (message.has_lease, message.lease) = (1, lease.rawValue)
    message.has_chunks = 1
    message.chunks = try HeaderReader.inRange(chunks, WireLimits.credit, "credit.chunks")
    return arena.place(message)
  }

  /// A difference leads forward.
  static func check(from: Step?, to: Step) throws(WireError) {
    if let from, from >= to {
      throw .outOfRange(field: "replicaChunk.from", found: "\(from)", allowed: "below \(to)")
    }
  }
}

extension Welcome {
  /// What holds of a welcome beside the limits of its names.
  func check() throws(WireError) {
    typealias Read = HeaderReader
    try Read.checkLength(
      configurationYAML.utf8.count, in: 0...WireLimits.configurationBytes,
      "welcome.configurationYAML", "bytes")
    _ = try Read.inRange(parameterCount, WireLimits.parameters, "welcome.parameterCount")
    _ = try Read.inRange(
      heartbeatInterval.nanoseconds, WireLimits.heartbeatNanoseconds,
      "welcome.heartbeatInterval in nanoseconds")
    _ = try Read.inRange(
      heartbeatTimeout.nanoseconds, WireLimits.heartbeatNanoseconds,
      "welcome.heartbeatTimeout in nanoseconds")
    _ = try Read.inRange(window, WireLimits.window, "welcome.window")
    _ = try Read.inRange(
      Int(datasetVersion), 0...WireLimits.earlierVersions, "welcome.datasetVersion")
  }
}

extension Lease {
  /// What holds of a lease beside its bounds.
  func check() throws(WireError) {
    try HeaderReader.checkLength(
      held.bytes.count, in: 0...WireLimits.chunkSetBytes, "lease.heldChunks", "bytes")
    _ = try HeaderReader.inRange(credit, WireLimits.initialCredit, "lease.credit")
  }
}

extension LeaseKind {
  var wireValue: Terrane__Wire__LeaseKind {
    switch self {
    case .train: TERRANE__WIRE__LEASE_KIND__LEASE_KIND_TRAIN
    case .evaluate: TERRANE__WIRE__LEASE_KIND__LEASE_KIND_EVALUATE
    }
  }
}

extension RefusalKind {
  var wireValue: Terrane__Wire__RefusalKind {
    switch self {
    case .greetAnew: TERRANE__WIRE__REFUSAL_KIND__REFUSAL_KIND_GREET_ANEW
    case .unfit: TERRANE__WIRE__REFUSAL_KIND__REFUSAL_KIND_UNFIT
    case .misconduct: TERRANE__WIRE__REFUSAL_KIND__REFUSAL_KIND_MISCONDUCT
    case .unsound: TERRANE__WIRE__REFUSAL_KIND__REFUSAL_KIND_UNSOUND
    }
  }
}

extension StopKind {
  var wireValue: Terrane__Wire__StopKind {
    switch self {
    case .finished: TERRANE__WIRE__STOP_KIND__STOP_KIND_FINISHED
    case .interrupted: TERRANE__WIRE__STOP_KIND__STOP_KIND_INTERRUPTED
    case .error: TERRANE__WIRE__STOP_KIND__STOP_KIND_ERROR
    case .diverged: TERRANE__WIRE__STOP_KIND__STOP_KIND_DIVERGED
    }
  }
}
