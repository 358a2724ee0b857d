// A worker's messages as frames.

import Basics
import CWireMessages

extension Stamped<WorkerMessage> {
  /// The frames to send: a header, then the payload if there is one (not copied).
  /// - Throws: `WireError` for what the other side would refuse.
  package func frames() throws(WireError) -> [[UInt8]] {
    var arena = HeaderArena()
    var header = Terrane__Wire__WorkerHeader()
    terrane__wire__worker_header__init(&header)
    header.stamp = arena.stamp(stamp)
    let payload = try message.fill(&header, &arena)
    let bytes = try packed(&header)
    return payload.map { [bytes, $0] } ?? [bytes]
  }
}

extension WorkerMessage {
  /// - Returns: the payload that follows the header.
  fileprivate func fill(
    _ header: inout Terrane__Wire__WorkerHeader, _ arena: inout HeaderArena
  ) throws(WireError) -> [UInt8]? {
    var payload: [UInt8]?
    switch self {
    case .hello(let hello):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_HELLO
      header.hello = arena.place(try Self.message(of: hello, &arena))
    case .heartbeat(let step):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_HEARTBEAT
      header.heartbeat = Self.heartbeat(step, &arena)
    case .requestChunks(let requests):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_REQUEST_CHUNKS
      header.request_chunks = try Self.requestChunks(requests, &arena)
    case .synced(let step):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_SYNCED
      var message = Terrane__Wire__Synced()
      terrane__wire__synced__init(&message)
      (message.has_step, message.step) = (1, step.rawValue)
      header.synced = arena.place(message)
    case .gradientChunk(let lease, let chunk, let bytes):
      try HeaderReader.checkLength(
        bytes.count, in: 1...WireLimits.chunkPayloadBytes, "gradientChunk.payload", "bytes")
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_GRADIENT_CHUNK
      var message = Terrane__Wire__GradientChunk()
      terrane__wire__gradient_chunk__init(&message)
      (message.has_lease, message.lease) = (1, lease.rawValue)
      (message.has_chunk, message.chunk) = (1, chunk.rawValue)
      header.gradient_chunk = arena.place(message)
      payload = bytes
    case .leaseDone(let lease, let report):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_LEASE_DONE
      var message = Terrane__Wire__LeaseDone()
      terrane__wire__lease_done__init(&message)
      (message.has_lease, message.lease) = (1, lease.rawValue)
      message.report = arena.place(try Self.message(of: report, &arena))
      header.lease_done = arena.place(message)
    case .leaseReturned(let lease, let reason, let givesUpShard):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_LEASE_RETURNED
      var message = Terrane__Wire__LeaseReturned()
      terrane__wire__lease_returned__init(&message)
      (message.has_lease, message.lease) = (1, lease.rawValue)
      message.reason = arena.reason(reason)
      (message.has_gives_up_shard, message.gives_up_shard) = (1, givesUpShard ? 1 : 0)
      header.lease_returned = arena.place(message)
    case .goodbye(let reason):
      header.kind_case = TERRANE__WIRE__WORKER_HEADER__KIND_GOODBYE
      var message = Terrane__Wire__Goodbye()
      terrane__wire__goodbye__init(&message)
      message.reason = arena.reason(reason)
      header.goodbye = arena.place(message)
    }
    return payload
  }

  private static func message(of hello: WorkerHello, _ arena: inout HeaderArena)
    throws(WireError) -> Terrane__Wire__Hello
  {
    try hello.check()
    var message = Terrane__Wire__Hello()
    terrane__wire__hello__init(&message)
    (message.has_protocol_version, message.protocol_version) = (1, hello.protocolVersion)
    message.worker_name = try arena.name(hello.workerName, "hello.workerName")
    (message.has_process_nonce, message.process_nonce) = (1, hello.processNonce)
    message.dataset_digest = arena.digest(hello.datasetDigest)
    message.n_held_shards = hello.heldShards.count
    message.held_shards = arena.place(hello.heldShards.map(\.rawValue))
    (message.has_threads, message.threads) = (1, hello.threads)
    (message.has_arithmetic, message.arithmetic) = (1, hello.arithmetic)
    if let step = hello.replica {
      (message.has_replica_step, message.replica_step) = (1, step.rawValue)
    }
    if let digest = hello.replicaDigest { message.replica_digest = arena.digest(digest) }
    if let run = hello.runIdentity {
      message.run_identity = try arena.name(run, "hello.runIdentity")
    }
    message.n_earlier_versions = hello.earlierVersions.count
    message.earlier_versions = arena.place(hello.earlierVersions.map { place($0, &arena) })
    return message
  }

  private static func place(_ version: DatasetVersion, _ arena: inout HeaderArena)
    -> UnsafeMutablePointer<Terrane__Wire__DatasetVersion>?
  {
    var message = Terrane__Wire__DatasetVersion()
    terrane__wire__dataset_version__init(&message)
    message.digest = arena.digest(version.digest)
    message.n_held_shards = version.heldShards.count
    message.held_shards = arena.place(version.heldShards.map(\.rawValue))
    return arena.place(message)
  }

  private static func heartbeat(_ step: Step?, _ arena: inout HeaderArena)
    -> UnsafeMutablePointer<Terrane__Wire__WorkerHeartbeat>
  {
    var message = Terrane__Wire__WorkerHeartbeat()
    terrane__wire__worker_heartbeat__init(&message)
    if let step { (message.has_step, message.step) = (1, step.rawValue) }
    return arena.place(message)
  }

  private static func requestChunks(_ requests: [ChunkRequest], _ arena: inout HeaderArena)
    throws(WireError) -> UnsafeMutablePointer<Terrane__Wire__RequestChunks>
  {
    try HeaderReader.checkLength(
      requests.count, in: 1...WireLimits.chunkRequests, "requestChunks", "chunks")
    var pointers: [UnsafeMutablePointer<Terrane__Wire__ChunkRequest>?] = []
    for request in requests {
      var message = Terrane__Wire__ChunkRequest()
      terrane__wire__chunk_request__init(&message)
      (message.has_chunk, message.chunk) = (1, request.chunk.rawValue)
      if let have = request.have { (message.has_have, message.have) = (1, have.rawValue) }
      pointers.append(arena.place(message))
    }
    var message = Terrane__Wire__RequestChunks()
    terrane__wire__request_chunks__init(&message)
    message.n_requests = pointers.count
    message.requests = arena.place(pointers)
    return arena.place(message)
  }

  private static func message(of report: WorkReport, _ arena: inout HeaderArena)
    throws(WireError) -> Terrane__Wire__WorkReport
  {
    try report.phases.check()
    try WorkReport.check(report.sums)
    if let bytes = report.peakMemoryBytes { try WorkReport.check(peakMemoryBytes: bytes) }
    var message = Terrane__Wire__WorkReport()
    terrane__wire__work_report__init(&message)
    let (sums, phases) = (report.sums, report.phases)
    (message.has_weighted_loss, message.weighted_loss) = (1, sums.weighted)
    (message.has_hidden_pixels, message.hidden_pixels) = (1, UInt64(sums.hidden))
    (message.has_pairs, message.pairs) = (1, UInt32(sums.pairs))
    message.n_measures = sums.measures.count
    message.measures = arena.place(sums.measures)
    (message.has_data_seconds, message.data_seconds) = (1, phases.data)
    (message.has_compute_seconds, message.compute_seconds) = (1, phases.compute)
    (message.has_encode_seconds, message.encode_seconds) = (1, phases.encode)
    (message.has_network_seconds, message.network_seconds) = (1, phases.network)
    if let bytes = report.peakMemoryBytes {
      (message.has_peak_memory_bytes, message.peak_memory_bytes) = (1, UInt64(bytes))
    }
    return message
  }
}

extension HeaderArena {
  mutating func stamp(
    _ stamp: SessionStamp
  ) -> UnsafeMutablePointer<Terrane__Wire__SessionStamp> {
    var message = Terrane__Wire__SessionStamp()
    terrane__wire__session_stamp__init(&message)
    (message.has_session, message.session) = (1, stamp.session)
    (message.has_sequence, message.sequence) = (1, stamp.sequence)
    return place(message)
  }

  mutating func digest(_ digest: Digest) -> UnsafeMutablePointer<Terrane__Wire__Digest> {
    var message = Terrane__Wire__Digest()
    terrane__wire__digest__init(&message)
    (message.has_high, message.high) = (1, digest.high)
    (message.has_low, message.low) = (1, digest.low)
    return place(message)
  }
}

extension WorkerHello {
  /// What holds of a hello beside the limits of its texts.
  func check() throws(WireError) {
    try HeaderReader.checkLength(
      earlierVersions.count, in: 0...WireLimits.earlierVersions, "hello.earlierVersions",
      "versions")
    let shards = earlierVersions.reduce(heldShards.count) { $0 + $1.heldShards.count }
    try HeaderReader.checkLength(
      shards, in: 0...WireLimits.heldShards, "hello.heldShards", "shards")
    _ = try HeaderReader.inRange(threads, WireLimits.threads, "hello.threads")
    if replica == nil && replicaDigest != nil { throw .missingField("hello.replica") }
    if replica != nil && replicaDigest == nil { throw .missingField("hello.replicaDigest") }
  }
}

extension WorkReport.PhaseSeconds {
  func check() throws(WireError) {
    let allowed = WireLimits.phaseSeconds
    _ = try HeaderReader.inRange(data, allowed, "report.phases.data")
    _ = try HeaderReader.inRange(compute, allowed, "report.phases.compute")
    _ = try HeaderReader.inRange(encode, allowed, "report.phases.encode")
    _ = try HeaderReader.inRange(network, allowed, "report.phases.network")
  }
}

extension WorkReport {
  static func check(_ sums: LossSums) throws(WireError) {
    _ = try HeaderReader.inRange(sums.hidden, WireLimits.hiddenPixels, "report.sums.hidden")
    _ = try HeaderReader.inRange(sums.pairs, WireLimits.pairs, "report.sums.pairs")
    try HeaderReader.checkLength(
      sums.measures.count, in: 0...WireLimits.measures, "report.sums.measures", "numbers")
  }

  static func check(peakMemoryBytes: Int) throws(WireError) {
    _ = try HeaderReader.inRange(
      peakMemoryBytes, WireLimits.memoryBytes, "report.peakMemoryBytes")
  }
}
