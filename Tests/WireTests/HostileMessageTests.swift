// Frames that are not messages, and what the decoder says of each.

import Basics
import Testing
import Wire

/// Headers are written by hand here: a byte of field number and wire type, then the value.
@Suite("Hostile messages") struct HostileMessageTests {
  private func worker(_ frames: [[UInt8]]) -> WireError? {
    do throws(WireError) {
      _ = try Stamped<WorkerMessage>(frames: frames)
      return nil
    } catch { return error }
  }

  private func coordinator(_ frames: [[UInt8]]) -> WireError? {
    do throws(WireError) {
      _ = try Stamped<CoordinatorMessage>(frames: frames)
      return nil
    } catch { return error }
  }

  @Test("No frame, an empty one, noise and an unknown kind are four different errors")
  func notAMessage() {
    #expect(worker([]) == .empty)
    #expect(worker([[]]) == .unknownKind(sender: "worker"))
    #expect(coordinator([[]]) == .unknownKind(sender: "coordinator"))
    #expect(worker([[0xFF, 0xFF, 0xFF]]) == .malformedHeader(bytes: 3))
    // Field 99, an empty message.
    #expect(worker([[0x9A, 0x06, 0x00]]) == .unknownKind(sender: "worker"))
  }

  @Test("A header over the limit is refused unread")
  func longHeader() {
    let long = [UInt8](repeating: 0, count: WireLimits.headerBytes + 1)
    let expected = WireError.headerTooLong(
      bytes: WireLimits.headerBytes + 1, limit: WireLimits.headerBytes)
    #expect(worker([long]) == expected)
    #expect(coordinator([long]) == expected)
  }

  @Test("Missing fields are named")
  func missingFields() {
    // Field 4 (synced), field 6 (leaseDone), field 5 (gradientChunk with lease 1), each otherwise
    // empty.
    #expect(worker([[0x22, 0]]) == .missingField("synced.step"))
    #expect(worker([[0x32, 0]]) == .missingField("leaseDone.lease"))
    #expect(worker([[0x2A, 2, 0x08, 1], [1]]) == .missingField("gradientChunk.chunk"))
    #expect(worker([[0x0A, 0]]) == .missingField("hello.protocolVersion"))
    #expect(worker([[0x42, 0]]) == .missingField("goodbye.reason"))
    #expect(coordinator([[0x2A, 0]]) == .missingField("lease.id"))
    #expect(coordinator([[0x4A, 2, 0x0A, 0]]) == .missingField("stop.kind"))
  }

  @Test("An enumeration's unknown number is told")
  func unknownValue() {
    // Field 9 (stop): reason "", kind 9.
    #expect(
      coordinator([[0x4A, 4, 0x0A, 0, 0x10, 9]]) == .unknownValue(field: "stop.kind", found: 9))
  }

  @Test("Too many chunk requests, however small, are refused")
  func manyRequests() {
    // Field 3 (requestChunks) of 65 empty requests.
    let body = [UInt8]((0..<65).flatMap { _ in [0x0A, 0x00] as [UInt8] })
    #expect(
      worker([[0x1A, 0x82, 0x01] + body])
        == .outOfRange(
          field: "requestChunks", found: "65 chunks long", allowed: "1 to 64 chunks"))
  }

  @Test("Wrong numbers of frames are told")
  func frameCounts() throws {
    let synced = try Samples.stamped(WorkerMessage.synced(Step(1))).frames()
    guard case .wrongFrameCount(_, 1, 2) = worker(synced + [[1]]) else {
      return #expect(Bool(false))
    }
    let chunk = try Samples.stamped(
      WorkerMessage.gradientChunk(lease: LeaseID(1), chunk: ChunkIndex(1), payload: [1])
    ).frames()
    for frames in [[chunk[0]], chunk + [[2]]] {
      #expect(
        worker(frames)
          == .wrongFrameCount(message: "gradientChunk", expected: 2, found: frames.count))
    }
    let welcome = try Samples.stamped(
      CoordinatorMessage.welcome(WorkerID(1), Samples.welcome)
    ).frames()
    #expect(
      coordinator([welcome[0]]) == .wrongFrameCount(message: "welcome", expected: 2, found: 1))
  }

  @Test("Payloads have bounds")
  func payloads() throws {
    let chunk = try Samples.stamped(
      WorkerMessage.gradientChunk(lease: LeaseID(1), chunk: ChunkIndex(1), payload: [1])
    ).frames()
    let long = [UInt8](repeating: 0, count: WireLimits.chunkPayloadBytes + 1)
    for payload in [[], long] {
      guard case .outOfRange(field: "gradientChunk.payload", _, _) = worker([chunk[0], payload])
      else { return #expect(Bool(false)) }
    }
    let welcome = try Samples.stamped(
      CoordinatorMessage.welcome(WorkerID(1), Samples.welcome)
    ).frames()
    #expect(
      coordinator([welcome[0], [0xC3]]) == .notUTF8(field: "welcome.configurationYAML"))
    let text = [UInt8](repeating: 32, count: WireLimits.configurationBytes + 1)
    guard case .outOfRange = coordinator([welcome[0], text]) else { return #expect(Bool(false)) }
  }

  @Test("Text that is not UTF-8 is refused")
  func notUTF8() {
    // Field 8 (goodbye), reason of the one byte 0xC3.
    #expect(worker([[0x42, 3, 0x0A, 1, 0xC3]]) == .notUTF8(field: "goodbye.reason"))
  }

  @Test("A message of the other direction is not taken for one of this")
  func wrongDirection() throws {
    for message in Samples.fromCoordinator {
      let frames = try Samples.stamped(message).frames()
      if let taken = try? Stamped<WorkerMessage>(frames: frames) {
        // Kinds share field numbers; what is taken must at least be within all limits.
        _ = try taken.frames()
      }
    }
  }

  @Test("Cut off anywhere, a header is refused or is a shorter valid message")
  func truncated() throws {
    for message in Samples.fromWorker {
      let frames = try Samples.stamped(message).frames()
      for length in 0..<frames[0].count {
        let cut = [Array(frames[0][..<length])] + frames.dropFirst()
        #expect(worker(cut) != nil, "\(message) cut to \(length) bytes")
      }
    }
  }

  @Test("200 000 random and changed messages: an error or a valid message, never a trap")
  func fuzz() throws {
    let seed: UInt64 = 20_260_302
    var random = CounterRandom(seed: seed, purpose: .simulation)
    let good =
      try Samples.fromWorker.map { try Samples.stamped($0).frames() }
      + Samples.fromCoordinator.map { try Samples.stamped($0).frames() }
    var valid = 0
    for _ in 0..<100_000 {
      let frames =
        random.index(below: 4) == 0
        ? Self.noise(&random) : Self.changed(good[random.index(below: good.count)], &random)
      if let message = try? Stamped<WorkerMessage>(frames: frames) {
        valid += 1
        #expect(throws: Never.self, "seed \(seed)") { try message.frames() }
      }
      if let message = try? Stamped<CoordinatorMessage>(frames: frames) {
        valid += 1
        #expect(throws: Never.self, "seed \(seed)") { try message.frames() }
      }
    }
    // The changes are mild enough to get past the first check.
    #expect(valid > 5000)
  }

  private static func noise(_ random: inout CounterRandom) -> [[UInt8]] {
    (0..<random.index(below: 4)).map { _ in
      (0..<random.index(below: 80)).map { _ in UInt8(truncatingIfNeeded: random.nextUInt32()) }
    }
  }

  /// One to four bytes set, taken out or put in, in the header.
  private static func changed(_ frames: [[UInt8]], _ random: inout CounterRandom) -> [[UInt8]] {
    var frames = frames
    for _ in 0...random.index(below: 4) {
      let place = random.index(below: frames[0].count + 1)
      let byte = UInt8(truncatingIfNeeded: random.nextUInt32())
      switch random.index(below: 4) {
      case 0: frames[0].insert(byte, at: place)
      case 1 where place < frames[0].count: frames[0].remove(at: place)
      case _ where place < frames[0].count: frames[0][place] = byte
      default: frames[0].append(byte)
      }
    }
    return frames
  }
}
