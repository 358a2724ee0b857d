// A worker's messages from frames. Nothing a peer sends may trap or allocate beyond the limits.

import Basics
import CWireMessages

extension Stamped<WorkerMessage> {
  /// - Parameter frames: as received: a header, then the payload if the message has one.
  /// - Throws: `WireError` for whatever is not a message of a worker, within `WireLimits`.
  package init(frames: [[UInt8]]) throws(WireError) {
    let bytes = try HeaderReader.headerFrame(of: frames)
    guard let header = terrane__wire__worker_header__unpack(nil, bytes.count, bytes) else {
      throw .malformedHeader(bytes: bytes.count)
    }
    defer { terrane__wire__worker_header__free_unpacked(header, nil) }
    let message = try WorkerMessage.message(header.pointee, frames)
    self.init(stamp: try SessionStamp(header.pointee.stamp), message: message)
  }
}

extension WorkerMessage {
  fileprivate static func message(_ header: Terrane__Wire__WorkerHeader, _ frames: [[UInt8]])
    throws(WireError) -> WorkerMessage
  {
    typealias Read = HeaderReader
    if header.kind_case == TERRANE__WIRE__WORKER_HEADER__KIND_GRADIENT_CHUNK {
      let chunk = header.gradient_chunk.pointee
      return .gradientChunk(
        lease: LeaseID(try Read.required(chunk.has_lease, chunk.lease, "gradientChunk.lease")),
        chunk: ChunkIndex(try Read.required(chunk.has_chunk, chunk.chunk, "gradientChunk.chunk")),
        payload: try Read.chunkPayload(of: "gradientChunk", in: frames))
    }
    try Read.expectFrames(1, of: "of a worker without payload", in: frames)
    switch header.kind_case {
    case TERRANE__WIRE__WORKER_HEADER__KIND_HELLO:
      return .hello(try WorkerHello(header.hello.pointee))
    case TERRANE__WIRE__WORKER_HEADER__KIND_HEARTBEAT:
      let heartbeat = header.heartbeat.pointee
      return .heartbeat(step: heartbeat.has_step != 0 ? Step(heartbeat.step) : nil)
    case TERRANE__WIRE__WORKER_HEADER__KIND_REQUEST_CHUNKS:
      return .requestChunks(try requests(header.request_chunks.pointee))
    case TERRANE__WIRE__WORKER_HEADER__KIND_SYNCED:
      let synced = header.synced.pointee
      return .synced(Step(try Read.required(synced.has_step, synced.step, "synced.step")))
    case TERRANE__WIRE__WORKER_HEADER__KIND_LEASE_DONE:
      let done = header.lease_done.pointee
      return .leaseDone(
        lease: LeaseID(try Read.required(done.has_lease, done.lease, "leaseDone.lease")),
        try WorkReport(try Read.required(done.report, "leaseDone.report")))
    case TERRANE__WIRE__WORKER_HEADER__KIND_LEASE_RETURNED:
      let returned = header.lease_returned.pointee
      return .leaseReturned(
        lease: LeaseID(
          try Read.required(returned.has_lease, returned.lease, "leaseReturned.lease")),
        reason: try Read.reason(returned.reason, "leaseReturned.reason"),
        givesUpShard: returned.has_gives_up_shard != 0 && returned.gives_up_shard != 0)
    case TERRANE__WIRE__WORKER_HEADER__KIND_GOODBYE:
      return .goodbye(reason: try Read.reason(header.goodbye.pointee.reason, "goodbye.reason"))
    default:
      throw .unknownKind(sender: "worker")
    }
  }

  private static func requests(_ message: Terrane__Wire__RequestChunks)
    throws(WireError) -> [ChunkRequest]
  {
    try HeaderReader.checkLength(
      message.n_requests, in: 1...WireLimits.chunkRequests, "requestChunks", "chunks")
    var requests: [ChunkRequest] = []
    requests.reserveCapacity(message.n_requests)
    for index in 0..<message.n_requests {
      let request = try HeaderReader.required(message.requests[index], "requestChunks")
      requests.append(
        ChunkRequest(
          chunk: ChunkIndex(
            try HeaderReader.required(request.has_chunk, request.chunk, "requestChunks.chunk")),
          have: request.has_have != 0 ? Step(request.have) : nil))
    }
    return requests
  }
}

extension WorkerHello {
  init(_ message: Terrane__Wire__Hello) throws(WireError) {
    typealias Read = HeaderReader
    // Before the list is copied.
    try Read.checkLength(
      message.n_held_shards, in: 0...WireLimits.heldShards, "hello.heldShards", "shards")
    try Read.checkLength(
      message.n_earlier_versions, in: 0...WireLimits.earlierVersions, "hello.earlierVersions",
      "versions")
    self.init(
      protocolVersion: try Read.required(
        message.has_protocol_version, message.protocol_version, "hello.protocolVersion"),
      workerName: try Read.name(message.worker_name, "hello.workerName"),
      processNonce: try Read.required(
        message.has_process_nonce, message.process_nonce, "hello.processNonce"),
      datasetDigest: try Read.digest(
        try Read.required(message.dataset_digest, "hello.datasetDigest"), "hello.datasetDigest"),
      heldShards: UnsafeBufferPointer(start: message.held_shards, count: message.n_held_shards)
        .map { ShardID($0) },
      threads: try Read.required(message.has_threads, message.threads, "hello.threads"),
      arithmetic: try Read.required(
        message.has_arithmetic, message.arithmetic, "hello.arithmetic"))
    if message.has_replica_step != 0 { replica = Step(message.replica_step) }
    if let digest = message.replica_digest {
      replicaDigest = try Read.digest(digest.pointee, "hello.replicaDigest")
    }
    if message.run_identity != nil {
      runIdentity = try Read.name(message.run_identity, "hello.runIdentity")
    }
    for index in 0..<message.n_earlier_versions {
      guard let version = message.earlier_versions[index] else { continue }
      earlierVersions.append(try DatasetVersion(version.pointee))
    }
    try check()
  }
}

extension DatasetVersion {
  init(_ message: Terrane__Wire__DatasetVersion) throws(WireError) {
    typealias Read = HeaderReader
    try Read.checkLength(
      message.n_held_shards, in: 0...WireLimits.heldShards, "hello.earlierVersions.heldShards",
      "shards")
    self.init(
      digest: try Read.digest(
        try Read.required(message.digest, "hello.earlierVersions.digest"),
        "hello.earlierVersions.digest"),
      heldShards: UnsafeBufferPointer(start: message.held_shards, count: message.n_held_shards)
        .map { ShardID($0) })
  }
}

extension WorkReport {
  init(_ message: Terrane__Wire__WorkReport) throws(WireError) {
    typealias Read = HeaderReader
    let m = message
    sums = LossSums(
      weighted: try Read.required(m.has_weighted_loss, m.weighted_loss, "report.sums.weighted"),
      hidden: Int(
        clamping: try Read.required(m.has_hidden_pixels, m.hidden_pixels, "report.sums.hidden")),
      pairs: Int(try Read.required(m.has_pairs, m.pairs, "report.sums.pairs")),
      measures: Array(UnsafeBufferPointer(start: m.measures, count: m.n_measures)))
    try Self.check(sums)
    phases = PhaseSeconds(
      data: try Read.required(m.has_data_seconds, m.data_seconds, "report.phases.data"),
      compute: try Read.required(m.has_compute_seconds, m.compute_seconds, "report.phases.compute"),
      encode: try Read.required(m.has_encode_seconds, m.encode_seconds, "report.phases.encode"),
      network: try Read.required(m.has_network_seconds, m.network_seconds, "report.phases.network"))
    try phases.check()
    if m.has_peak_memory_bytes != 0 {
      let bytes = Int(clamping: m.peak_memory_bytes)
      try Self.check(peakMemoryBytes: bytes)
      peakMemoryBytes = bytes
    }
  }
}

extension SessionStamp {
  init(_ message: UnsafeMutablePointer<Terrane__Wire__SessionStamp>?) throws(WireError) {
    typealias Read = HeaderReader
    let message = try Read.required(message, "stamp")
    self.init(
      session: try Read.required(message.has_session, message.session, "stamp.session"),
      sequence: try Read.required(message.has_sequence, message.sequence, "stamp.sequence"))
  }
}
