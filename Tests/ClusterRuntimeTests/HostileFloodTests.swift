// Floods of hostile frames at the sockets of real processes, while a run goes on.

import Basics
import Foundation
import Synchronization
import TestSupport
import Testing
import Wire

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

@Suite("Floods of hostile frames", .serialized) struct HostileFloodTests {
  /// What an inbox holds at most, and as much again for what the allocator keeps.
  private static let growthLimit = 128 << 20

  @Test(
    "At the coordinator's socket: the run has the bits of an undisturbed one, in the same memory")
  func coordinator() throws {
    let steps = max(TinyRun.steps, FuzzPlan.frames / 200)
    let run = try TinyRun("training.steps=\(steps)")
    let reference =
      try steps == TinyRun.steps ? ReferenceRun.digests() : Self.referenceDigests(steps)
    let cluster = try StandaloneCluster(run)
    var fuzzer = FrameFuzzer(seed: FuzzPlan.seed, stream: 3)
    for frames in try Self.wordsOfWorkers(in: cluster) { fuzzer.learn(frames) }
    let worker = try cluster.startWorker("honest")
    try run.waitFor("joined", of: "honest")

    var flood = SocketFlood(fuzzer, as: "DEALER")
    var growth = MemoryGrowth(of: cluster.coordinator.number, frames: FuzzPlan.frames)
    let started = Instant.monotonicNow()
    while flood.frames < FuzzPlan.frames && !cluster.coordinator.hasEnded {
      flood.attack(over: try RawPeer(port: cluster.port), messages: 256)
      growth.note(framesSent: flood.frames)
    }
    let seconds = (Instant.monotonicNow() - started).seconds
    let bytes = growth.bytes
    flood.finish()
    report("the coordinator's socket", flood, seconds, "memory \(growth)")
    #expect(flood.frames >= FuzzPlan.frames, "the run ended before the flood")
    #expect(try #require(bytes) < Self.growthLimit, FuzzPlan.repetition)

    #expect(try cluster.coordinator.waitForEnd() == 0, FuzzPlan.repetition)
    #expect(try worker.waitForEnd() == 0, FuzzPlan.repetition)
    let metrics = try run.metrics()
    #expect(metrics.digests == reference, FuzzPlan.repetition)
    #expect(metrics.count("joined", of: "honest") == 1, FuzzPlan.repetition)
    // A few lines a minute, and some for each greeting, of which there are few.
    #expect(run.log.utf8.count < 4 << 20)
    for line in run.log.split(separator: "\n") where line.contains(" more message") {
      print("fuzz: the coordinator says: \(line)")
    }
  }

  @Test("A flood of greetings from one address keeps no worker of another out")
  func greetings() throws {
    let cluster = try StandaloneCluster(TinyRun("training.steps=100000"))
    let greeting = WorkerHello(
      workerName: "stranger", processNonce: 1, datasetDigest: Digest(of: "another"), heldShards: [],
      threads: 1, arithmetic: 1)
    let stamped = Stamped(
      stamp: SessionStamp(session: 1, sequence: 0), message: WorkerMessage.hello(greeting))
    let block = RawPeer.frame(try stamped.frames()[0])
    let port = cluster.port
    let (begun, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let flag = Flag()
    // A connection may greet 64 times; three dozen of them would spend everybody's budget.
    let rounds = 40
    Thread.detachNewThread {
      defer { ended.signal() }
      var round = 0
      while !flag.isSet {
        round += 1
        guard let raw = try? RawPeer(port: port, from: "127.0.0.2") else { continue }
        raw.shakeHands()
        for _ in 0..<60 { raw.write(block) }
        raw.finish()
        if round <= rounds { begun.signal() }
      }
    }
    defer { ended.wait() }
    defer { flag.set() }
    // However slow the machine is, each takes a while of its own.
    for round in 1...rounds {
      try #require(begun.wait(timeout: .now() + patience.seconds) == .success, "round \(round)")
    }
    for number in 1...3 {
      let worker = try cluster.startWorker("honest-\(number)")
      try worker.waitForError("joined run ")
    }
    #expect(cluster.run.log.contains("a greeting from 127.0.0.2 was passed over"))
    #expect(!cluster.run.log.contains("a greeting from 127.0.0.1 was passed over"))
  }

  private static func referenceDigests(_ steps: Int) throws -> [String] {
    let run = try TinyRun("training.steps=\(steps)")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    return try run.metrics().digests
  }

  /// What two workers say, one that computes and one that holds no shard. Of the first, nothing is
  /// kept that would make a member of who repeats it or be believed of a member: its greetings, its
  /// reports, and its gradients but for their heads.
  private static func wordsOfWorkers(in cluster: StandaloneCluster) throws -> [[[UInt8]]] {
    let folder = try SampleDataset.copyWithoutShards(to: cluster.run.file("no-shards"))
    var words = try overhear(cluster, "computing", data: nil).worker.filter { frames in
      switch (try? Stamped<WorkerMessage>(frames: frames))?.message {
      case .hello, .leaseDone: false
      default: true
      }
    }
    for index in words.indices where words[index].count == 2 {
      words[index][1] = words[index][1].map { ~$0 }
    }
    return try words + overhear(cluster, "without shards", data: folder).worker
  }

  /// The first messages between a worker and its coordinator.
  private static func overhear(
    _ cluster: StandaloneCluster, _ name: String, data: String?
  ) throws -> (worker: [[[UInt8]]], coordinator: [[[UInt8]]]) {
    let relay = try HostileRelay(to: cluster.address)
    var words: (worker: [[[UInt8]]], coordinator: [[[UInt8]]]) = ([], [])
    relay.hearsWorker = { words.worker.append($0) }
    relay.hearsCoordinator = { words.coordinator.append($0) }
    let worker = try cluster.startWorker(name, data: data, address: relay.address)
    // A worker without shards says little until its first sign of life.
    let count = data == nil ? 60 : 4
    try wait(for: "\(count) messages of '\(name)'", evidence: worker.errors) {
      try relay.pass(timeout: .milliseconds(5))
      return words.worker.count >= count
    }
    worker.kill()
    try wait(for: "the end of '\(name)'", evidence: cluster.run.log) {
      try relay.pass(timeout: .milliseconds(5))
      return try cluster.run.metrics().count("left", of: name) > 0
    }
    return words
  }

  @Test("At a worker's socket, below ZeroMQ's protocol and within it: it goes on trying")
  func worker() throws {
    let cluster = try StandaloneCluster(TinyRun("training.steps=100000"))
    var fuzzer = FrameFuzzer(seed: FuzzPlan.seed, stream: 4)
    for frames in try Self.overhear(cluster, "computing", data: nil).coordinator {
      fuzzer.learn(frames)
    }
    cluster.coordinator.kill()
    let listener = try RawListener()
    let worker = try cluster.startWorker("beset", address: listener.address, patienceSeconds: 3600)
    let limit = FuzzPlan.frames / 2
    // A worker has one connection and would wait long at the end of a silent one.
    var flood = SocketFlood(fuzzer, as: "ROUTER", silentLimit: 0) { Self.keepsWorkerAlive($0) }
    var growth = MemoryGrowth(of: worker.number, frames: limit)
    let started = Instant.monotonicNow()
    while flood.frames < limit {
      flood.attack(over: try #require(listener.accept(), "\(worker.errors)"), messages: 4096)
      growth.note(framesSent: flood.frames)
    }
    let seconds = (Instant.monotonicNow() - started).seconds
    report("a worker's socket", flood, seconds, "memory \(growth)")
    #expect(try #require(growth.bytes) < Self.growthLimit, FuzzPlan.repetition)
    flood.finish()
    #expect(!worker.hasEnded, "\(worker.errors)")
    worker.send(signal: SIGTERM)
    #expect(try worker.waitForEnd() == 79, FuzzPlan.repetition)
    #expect(worker.errors.utf8.count < 1 << 20)
  }

  private static func keepsWorkerAlive(_ frames: [[UInt8]]) -> Bool {
    switch (try? Stamped<CoordinatorMessage>(frames: frames))?.message {
    case .stop, .refuse: false
    default: true
    }
  }

  @Test("At a worker's socket in the midst of a run: it ends only when it is told to, or goes on")
  func workerInRun() throws {
    // Work that hostile words have lost is soon given again.
    let cluster = try StandaloneCluster(
      TinyRun("training.steps=100000", "liveness.shortestLease=200ms"))
    let relay = try HostileRelay(to: cluster.address)
    var fuzzer = FrameFuzzer(seed: FuzzPlan.seed, stream: 5)
    var heard: [[[UInt8]]] = []
    relay.hearsCoordinator = { heard.append($0) }
    var (frames, endings, peak, earlyPeak) = (0, 0, 0, 0)
    relay.alters = { frames in
      guard fuzzer.random.index(below: 20) == 0 else { return frames }
      for _ in 0..<20 {
        if let hostile = Self.inPlace(of: frames, fuzzer.next()) { return hostile }
      }
      return frames
    }
    var worker = try cluster.startWorker("beset", address: relay.address)
    let started = Instant.monotonicNow()
    let limit = FuzzPlan.frames / 2
    while frames < limit {
      try relay.pass(timeout: .milliseconds(1))
      for frames in heard { fuzzer.learn(frames) }
      heard = []
      for _ in 0..<512 where relay.hasWorker {
        let message = fuzzer.next()
        if Self.isWorthSending(message, &fuzzer), relay.addToWorker(message) {
          frames += message.count
        }
      }
      if worker.hasEnded {
        // 128 and more would be a signal's.
        #expect(try worker.waitForEnd() < 128, "\(worker.errors)\n\(FuzzPlan.repetition.rawValue)")
        endings += 1
        worker = try cluster.startWorker("beset", address: relay.address)
      }
      peak = max(peak, ResidentMemory.bytes(of: worker.number) ?? 0)
      if frames < limit / 10 { earlyPeak = peak }
    }
    let seconds = (Instant.monotonicNow() - started).seconds
    print(
      "fuzz: a worker's socket in a run: \(frames) hostile frames in \(seconds) s; \(endings) ended; "
        + "memory +\((peak - earlyPeak) >> 10) KiB")
    #expect(peak - earlyPeak < Self.growthLimit, FuzzPlan.repetition)
    #expect(!cluster.coordinator.hasEnded, "\(cluster.run.log)")
  }

  /// A hostile message with the place in the session that a good one has; nil when it cannot be
  /// read.
  private static func inPlace(of good: [[UInt8]], _ hostile: [[UInt8]]) -> [[UInt8]]? {
    guard let good = try? Stamped<CoordinatorMessage>(frames: good),
      var hostile = try? Stamped<CoordinatorMessage>(frames: hostile)
    else { return nil }
    hostile.stamp = good.stamp
    return try? hostile.frames()
  }

  /// Most that cannot be read is left out, or the connection would be new all the time; so is most
  /// that ends a worker.
  private static func isWorthSending(_ frames: [[UInt8]], _ fuzzer: inout FrameFuzzer) -> Bool {
    switch (try? Stamped<CoordinatorMessage>(frames: frames))?.message {
    case nil: fuzzer.random.index(below: 100) == 0
    case .stop, .refuse: fuzzer.random.index(below: 1000) == 0
    default: true
    }
  }

  private func report(_ place: String, _ flood: SocketFlood, _ seconds: Double, _ more: String) {
    print(
      "fuzz: \(place): \(flood.frames) hostile frames over \(flood.connections) connections "
        + "in \(seconds) s; \(more)")
  }
}
