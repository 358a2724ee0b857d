// Every message, encoded and decoded.

import Basics
import Testing
import Wire

@Suite("Messages") struct MessageTests {
  @Test("Every message of a worker arrives as it was sent", arguments: Samples.fromWorker)
  func workerTrip(message: WorkerMessage) throws {
    let sent = Samples.stamped(message)
    #expect(try Stamped<WorkerMessage>(frames: sent.frames()) == sent)
  }

  @Test("Every message of a coordinator arrives as it was sent", arguments: Samples.fromCoordinator)
  func coordinatorTrip(message: CoordinatorMessage) throws {
    let sent = Samples.stamped(message)
    #expect(try Stamped<CoordinatorMessage>(frames: sent.frames()) == sent)
  }

  @Test("A payload is a frame of its own; other messages are one small frame")
  func frames() throws {
    let payload = [UInt8](repeating: 3, count: 1 << 20)
    let chunk = WorkerMessage.gradientChunk(
      lease: LeaseID(1), chunk: ChunkIndex(2), payload: payload)
    let frames = try Samples.stamped(chunk).frames()
    #expect(frames.count == 2)
    #expect(frames[0].count < 40)
    #expect(frames[1] == payload)
    #expect(try Samples.stamped(WorkerMessage.synced(Step(1))).frames().map(\.count) == [23])
  }

  @Test("A NaN loss arrives: that a run diverged is news, not damage")
  func nanLoss() throws {
    var report = WorkReport()
    report.sums.weighted = .nan
    let frames = try Samples.stamped(WorkerMessage.leaseDone(lease: LeaseID(1), report)).frames()
    guard case .leaseDone(_, let found) = try Stamped<WorkerMessage>(frames: frames).message else {
      return #expect(Bool(false))
    }
    #expect(found.sums.weighted.isNaN)
  }

  @Test("A reason that is too long is cut between code points")
  func longReason() throws {
    for filler in ["x", "é", "🛰️", "e\u{301}"] {
      let long = String(repeating: filler, count: 6000)
      guard
        case .goodbye(let reason) = try Stamped<WorkerMessage>(
          frames: Samples.stamped(WorkerMessage.goodbye(reason: long)).frames()
        ).message
      else { return #expect(Bool(false)) }
      #expect(reason.utf8.count <= WireLimits.reasonBytes)
      #expect(reason.utf8.count > WireLimits.reasonBytes - 4)
      #expect(long.utf8.starts(with: reason.utf8))
    }
  }

  @Test("What the other side would refuse is not encoded")
  func limitsOfSender() {
    var hello = Samples.hello
    hello.workerName = String(repeating: "n", count: 257)
    #expect(
      failure(.hello(hello))
        == .outOfRange(
          field: "hello.workerName", found: "257 bytes long", allowed: "at most 256 bytes"))
    hello = Samples.hello
    hello.heldShards = (0...32_766).map { ShardID($0) }
    #expect(
      failure(.hello(hello))
        == .outOfRange(
          field: "hello.heldShards", found: "32769 shards long", allowed: "0 to 32768 shards"))
    hello = Samples.hello
    hello.earlierVersions = (0...64).map {
      DatasetVersion(digest: Digest(high: $0, low: 0), heldShards: [])
    }
    #expect(
      failure(.hello(hello))
        == .outOfRange(
          field: "hello.earlierVersions", found: "65 versions long", allowed: "0 to 64 versions"))
    hello = Samples.hello
    hello.replicaDigest = nil
    #expect(failure(.hello(hello)) == .missingField("hello.replicaDigest"))
    #expect(failure(.requestChunks([])) != nil)
    let many = (0..<65).map { ChunkRequest(chunk: ChunkIndex($0), have: nil) }
    #expect(failure(.requestChunks(many)) != nil)
    let payload = [UInt8](repeating: 0, count: WireLimits.chunkPayloadBytes + 1)
    #expect(
      failure(.gradientChunk(lease: LeaseID(1), chunk: ChunkIndex(1), payload: payload)) != nil)
    #expect(failure(.gradientChunk(lease: LeaseID(1), chunk: ChunkIndex(1), payload: [])) != nil)
    var report = WorkReport()
    report.phases.compute = .nan
    #expect(failure(.leaseDone(lease: LeaseID(1), report)) != nil)
    report = WorkReport(peakMemoryBytes: (1 << 48) + 1)
    #expect(
      failure(.leaseDone(lease: LeaseID(1), report))
        == .outOfRange(
          field: "report.peakMemoryBytes", found: "281474976710657", allowed: "0 to 281474976710656"
        )
    )
    report = WorkReport(peakMemoryBytes: -1)
    #expect(failure(.leaseDone(lease: LeaseID(1), report)) != nil)
  }

  @Test("The largest hello fits a header")
  func largestHello() throws {
    var hello = Samples.hello
    hello.heldShards = (0..<32_768).map { ShardID(.max - $0) }
    hello.earlierVersions = []
    hello.workerName = String(repeating: "w", count: 256)
    let message = WorkerMessage.hello(hello)
    let sent = Samples.stamped(message)
    #expect(try Stamped<WorkerMessage>(frames: sent.frames()) == sent)
  }

  @Test("A coordinator's numbers have bounds too")
  func limitsOfCoordinator() {
    func refused(_ change: (inout Welcome) -> Void) -> Bool {
      var welcome = Samples.welcome
      change(&welcome)
      return (try? Samples.stamped(CoordinatorMessage.welcome(WorkerID(1), welcome)).frames())
        == nil
    }
    #expect(refused { $0.configurationYAML = String(repeating: "#", count: (1 << 20) + 1) })
    #expect(refused { $0.parameterCount = 0 })
    #expect(refused { $0.parameterCount = 1 << 37 })
    #expect(refused { $0.heartbeatInterval = .zero })
    #expect(refused { $0.heartbeatTimeout = .seconds(86_401) })
    #expect(refused { $0.window = 0 })
    #expect(refused { $0.window = 65 })
    var lease = Samples.lease(.train)
    for (minimum, maximum) in [(-0.1, 0.5), (0.6, 0.5), (0.5, 1), (.nan, 0.5), (0.5, .nan)] {
      lease.bounds = MaskRatioBounds(minimum: Float(minimum), maximum: Float(maximum))
      #expect((try? Samples.stamped(CoordinatorMessage.lease(lease)).frames()) == nil)
    }
    lease = Samples.lease(.train)
    lease.held = ChunkSet(bytes: [UInt8](repeating: 1, count: WireLimits.chunkSetBytes + 1))
    #expect((try? Samples.stamped(CoordinatorMessage.lease(lease)).frames()) == nil)
    lease = Samples.lease(.train)
    lease.credit = 65
    #expect((try? Samples.stamped(CoordinatorMessage.lease(lease)).frames()) == nil)
    let backwards = CoordinatorMessage.replicaChunk(
      chunk: ChunkIndex(0), from: Step(5), to: Step(5), payload: [1])
    #expect((try? Samples.stamped(backwards).frames()) == nil)
  }

  private func failure(_ message: WorkerMessage) -> WireError? {
    do throws(WireError) {
      _ = try Samples.stamped(message).frames()
      return nil
    } catch { return error }
  }
}
