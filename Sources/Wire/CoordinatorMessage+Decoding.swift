// The coordinator's messages from frames. Nothing a peer sends may trap or allocate beyond the
// limits.

import Basics
import CWireMessages

extension Stamped<CoordinatorMessage> {
  /// - Parameter frames: as received: a header, then the payload if the message has one.
  /// - Throws: `WireError` for whatever is not a message of a coordinator, within `WireLimits`.
  package init(frames: [[UInt8]]) throws(WireError) {
    let bytes = try HeaderReader.headerFrame(of: frames)
    guard let header = terrane__wire__coordinator_header__unpack(nil, bytes.count, bytes) else {
      throw .malformedHeader(bytes: bytes.count)
    }
    defer { terrane__wire__coordinator_header__free_unpacked(header, nil) }
    let message = try CoordinatorMessage.message(header.pointee, frames)
    self.init(stamp: try SessionStamp(header.pointee.stamp), message: message)
  }
}

extension CoordinatorMessage {
  fileprivate static func message(
    _ header: Terrane__Wire__CoordinatorHeader, _ frames: [[UInt8]]
  ) throws(WireError) -> CoordinatorMessage {
    switch header.kind_case {
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_WELCOME:
      try HeaderReader.expectFrames(2, of: "welcome", in: frames)
      return try welcome(header.welcome.pointee, configuration: frames[1])
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_REPLICA_CHUNK:
      let payload = try HeaderReader.chunkPayload(of: "replicaChunk", in: frames)
      return try replicaChunk(header.replica_chunk.pointee, payload)
    default:
      try HeaderReader.expectFrames(1, of: "of a coordinator without payload", in: frames)
      return try plain(header)
    }
  }

  /// The messages without payload.
  private static func plain(_ header: Terrane__Wire__CoordinatorHeader)
    throws(WireError) -> CoordinatorMessage
  {
    typealias Read = HeaderReader
    switch header.kind_case {
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_REFUSE:
      let refuse = header.refuse.pointee
      return .refuse(
        try RefusalKind(wireValue: try Read.required(refuse.has_kind, refuse.kind, "refuse.kind")),
        reason: try Read.reason(refuse.reason, "refuse.reason"))
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_PUBLISHED:
      let published = header.published.pointee
      return .published(
        step: Step(try Read.required(published.has_step, published.step, "published.step")),
        digest: try Read.digest(
          try Read.required(published.digest, "published.digest"), "published.digest"))
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_LEASE:
      return .lease(try Lease(header.lease.pointee))
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_CANCEL:
      let cancel = header.cancel.pointee
      return .cancel(
        lease: LeaseID(try Read.required(cancel.has_lease, cancel.lease, "cancel.lease")))
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_CREDIT:
      let credit = header.credit.pointee
      let chunks = try Read.required(credit.has_chunks, credit.chunks, "credit.chunks")
      return .credit(
        lease: LeaseID(try Read.required(credit.has_lease, credit.lease, "credit.lease")),
        chunks: try Read.inRange(chunks, WireLimits.credit, "credit.chunks"))
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_HEARTBEAT:
      return .heartbeat
    case TERRANE__WIRE__COORDINATOR_HEADER__KIND_STOP:
      let stop = header.stop.pointee
      return .stop(
        reason: try Read.reason(stop.reason, "stop.reason"),
        kind: try StopKind(wireValue: try Read.required(stop.has_kind, stop.kind, "stop.kind")))
    default:
      throw .unknownKind(sender: "coordinator")
    }
  }

  private static func welcome(_ message: Terrane__Wire__Welcome, configuration: [UInt8])
    throws(WireError) -> CoordinatorMessage
  {
    typealias Read = HeaderReader
    // Before the text is made.
    try Read.checkLength(
      configuration.count, in: 0...WireLimits.configurationBytes, "welcome.configurationYAML",
      "bytes")
    guard let text = String(validating: configuration, as: UTF8.self) else {
      throw .notUTF8(field: "welcome.configurationYAML")
    }
    let welcome = Welcome(
      runIdentity: try Read.name(message.run_identity, "welcome.runIdentity"),
      configurationYAML: text,
      parameterCount: try Read.required(
        message.has_parameter_count, message.parameter_count, "welcome.parameterCount"),
      step: Step(try Read.required(message.has_step, message.step, "welcome.step")),
      digest: try Read.digest(
        try Read.required(message.digest, "welcome.digest"), "welcome.digest"),
      heartbeatInterval: .nanoseconds(
        try Read.required(
          message.has_heartbeat_interval_nanoseconds, message.heartbeat_interval_nanoseconds,
          "welcome.heartbeatInterval")),
      heartbeatTimeout: .nanoseconds(
        try Read.required(
          message.has_heartbeat_timeout_nanoseconds, message.heartbeat_timeout_nanoseconds,
          "welcome.heartbeatTimeout")),
      window: try Read.required(message.has_window, message.window, "welcome.window"),
      datasetVersion: try Read.required(
        message.has_dataset_version, message.dataset_version, "welcome.datasetVersion"))
    try welcome.check()
    let worker = try Read.required(message.has_worker, message.worker, "welcome.worker")
    return .welcome(WorkerID(worker), welcome)
  }

  private static func replicaChunk(_ message: Terrane__Wire__ReplicaChunk, _ payload: [UInt8])
    throws(WireError) -> CoordinatorMessage
  {
    typealias Read = HeaderReader
    let from = message.has_from != 0 ? Step(message.from) : nil
    let to = Step(try Read.required(message.has_to, message.to, "replicaChunk.to"))
    try check(from: from, to: to)
    return .replicaChunk(
      chunk: ChunkIndex(try Read.required(message.has_chunk, message.chunk, "replicaChunk.chunk")),
      from: from, to: to, payload: payload)
  }
}

extension Lease {
  init(_ message: Terrane__Wire__Lease) throws(WireError) {
    typealias Read = HeaderReader
    self.init(
      id: LeaseID(try Read.required(message.has_lease, message.lease, "lease.id")),
      step: Step(try Read.required(message.has_step, message.step, "lease.step")),
      kind: try LeaseKind(
        wireValue: try Read.required(message.has_kind, message.kind, "lease.kind")),
      microbatch: try Read.required(message.has_microbatch, message.microbatch, "lease.microbatch"),
      shard: ShardID(try Read.required(message.has_shard, message.shard, "lease.shard")),
      bounds: try Read.bounds(try Read.required(message.bounds, "lease.bounds"), "lease.bounds"),
      held: ChunkSet(
        bytes: Array(
          UnsafeBufferPointer(start: message.held_chunks.data, count: message.held_chunks.len))),
      credit: try Read.required(message.has_credit, message.credit, "lease.credit"))
    try check()
  }
}

extension LeaseKind {
  init(wireValue: Terrane__Wire__LeaseKind) throws(WireError) {
    guard let kind = Self.allCases.first(where: { $0.wireValue == wireValue }) else {
      throw .unknownValue(field: "lease.kind", found: Int(wireValue.rawValue))
    }
    self = kind
  }
}

extension RefusalKind {
  init(wireValue: Terrane__Wire__RefusalKind) throws(WireError) {
    guard let kind = Self.allCases.first(where: { $0.wireValue == wireValue }) else {
      throw .unknownValue(field: "refuse.kind", found: Int(wireValue.rawValue))
    }
    self = kind
  }
}

extension StopKind {
  init(wireValue: Terrane__Wire__StopKind) throws(WireError) {
    guard let kind = Self.allCases.first(where: { $0.wireValue == wireValue }) else {
      throw .unknownValue(field: "stop.kind", found: Int(wireValue.rawValue))
    }
    self = kind
  }
}
