// Workers that speak the protocol and are refused all the same: what each side says.

import Basics
import Compression
import Foundation
import TestSupport
import Testing
import Wire

@Suite("Refused workers") struct RefusedWorkerTests {
  @Test(
    "A gradient that is not finite costs its worker its place, by name and step, and the run nothing",
    arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    let cluster = try StandaloneCluster(TinyRun())
    let worker = try StandInWorker("poisoned", address: cluster.address)
    worker.gradient = { chunk, count in
      var values = [Float](repeating: 0.5, count: count)
      values[count / 2] = value
      let key = ChunkKey(
        seed: 1, step: Step(0), content: .gradient(microbatch: 0), chunk: chunk)
      let codec = TensorCodec(StandInWorker.layout(valueCount: count))
      return values.withUnsafeBufferPointer { codec.encode($0, as: .bfloat16, key: key) }
    }
    try worker.work()
    let reason = "gradient of microbatch 0, chunk 0: it holds numbers that are not finite"
    #expect(worker.ending?.kind == .refused)
    #expect(worker.ending?.reason == "the coordinator refused this worker: " + reason)
    #expect(cluster.run.log.contains("error refused poisoned at step 0: " + reason))
    let refusals = try cluster.run.metrics().events.filter { $0.event == "refused" }
    #expect(refusals.map(\.worker) == ["poisoned"])
    #expect(refusals.map(\.step) == [0])
    #expect(refusals.map(\.detail) == [reason])

    let honest = try cluster.startWorker("honest")
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try honest.waitForEnd() == 0)
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  @Test("A gradient of zeros is computed again by another worker, and names who sent it")
  func zeros() throws {
    // Long enough for somebody to join in its middle.
    let overrides = ["training.steps=120", "training.microbatchesPerStep=2"]
    let undisturbed = try StandaloneCluster(TinyRun(overrides))
    let alone = try undisturbed.startWorker("alone")
    #expect(try undisturbed.coordinator.waitForEnd() == 0, "\(undisturbed.run.log)")
    #expect(try alone.waitForEnd() == 0)

    let cluster = try StandaloneCluster(TinyRun(overrides))
    let honest = try cluster.startWorker("honest")
    try cluster.run.waitForStep(6)
    let worker = try StandInWorker("lazy", address: cluster.address)
    worker.gradient = { chunk, count in
      let key = ChunkKey(
        seed: 1, step: Step(0), content: .gradient(microbatch: 0), chunk: chunk)
      let codec = TensorCodec(StandInWorker.layout(valueCount: count))
      return [Float](repeating: 0, count: count).withUnsafeBufferPointer {
        codec.encode($0, as: .bfloat16, key: key)
      }
    }
    try worker.work()
    let reason = try #require(worker.ending?.reason)
    #expect(worker.ending?.kind == .refused)
    #expect(reason.contains("is wrong (a gradient with a norm of 0): other bits, with a norm of "))
    #expect(reason.hasSuffix(", came from honest"), "\(reason)")
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try honest.waitForEnd() == 0)
    #expect(cluster.run.log.contains("error refused lazy at step "), "\(cluster.run.log)")
    let events = try cluster.run.metrics().events
    #expect(events.contains { $0.event == "rechecked" && $0.detail?.contains("by lazy") == true })
    #expect(try cluster.run.metrics().digests == undisturbed.run.metrics().digests)
  }

  @Test("A damaged gradient costs its worker its place too")
  func damaged() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let worker = try StandInWorker("noisy", address: cluster.address)
    worker.gradient = { _, _ in [UInt8](repeating: 7, count: 100) }
    try worker.work()
    let reason = try #require(worker.ending?.reason)
    #expect(
      reason.hasPrefix("the coordinator refused this worker: gradient of microbatch 0, chunk 0: "))
    #expect(cluster.run.log.contains("error refused noisy at step 0: "))
    #expect(!cluster.coordinator.hasEnded)
  }

  @Test("A worker of another version of the protocol is refused, and both sides say what to do")
  func otherProtocol() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let worker = try StandInWorker("elder", address: cluster.address)
    worker.change = { message in
      guard case .hello(var hello) = message else { return }
      hello.protocolVersion += 1
      message = .hello(hello)
    }
    try worker.work()
    let version = WireProtocol.version
    let reason =
      "it speaks version \(version + 1) of the protocol and this coordinator another; "
      + "install the same release of Terrane on both"
    #expect(worker.ending?.kind == .refused)
    #expect(worker.ending?.reason == "the coordinator refused this worker: " + reason)
    #expect(
      cluster.run.log.contains(
        "warning refused elder: \(reason) (this coordinator's is \(version))"))
    #expect(!cluster.coordinator.hasEnded)
  }

  @Test("A worker whose release computes other bits is refused, and both sides say what to do")
  func otherArithmetic() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let worker = try StandInWorker("elder", address: cluster.address)
    worker.change = { message in
      guard case .hello(var hello) = message else { return }
      hello.arithmetic -= 1
      message = .hello(hello)
    }
    try worker.work()
    let version = Arithmetic.version
    let reason =
      "its arithmetic is version \(version - 1) and this run's is another, which gives other "
      + "bits; install the same release of Terrane on both"
    #expect(worker.ending?.kind == .refused)
    #expect(worker.ending?.reason == "the coordinator refused this worker: " + reason)
    #expect(cluster.run.log.contains("warning refused elder: \(reason) (this run's is \(version))"))
    #expect(!cluster.coordinator.hasEnded)
  }

  @Test("A worker that was told which run to join says so and joins no other")
  func wantedRun() throws {
    let cluster = try StandaloneCluster(TinyRun("training.steps=100000"))
    let identity = try #require(cluster.run.identity)
    let loyal = try cluster.startWorker("loyal", options: ["--run", identity])
    try loyal.waitForError("joined run \(identity) (\(cluster.run.folder)) at step ")
    let other = String(repeating: "0", count: identity.count)
    let lost = try cluster.startWorker("lost", options: ["--run", other])
    #expect(try lost.waitForEnd() == ExitStatus.refused.rawValue)
    #expect(lost.errors.contains("it belongs to run \(other) and this is another"))
    #expect(!lost.errors.contains(identity))
  }

  @Test(
    "A worker that finds another run at its address is refused; only the log names that run")
  func otherRun() throws {
    let first = try StandaloneCluster(TinyRun("training.steps=100000"))
    let worker = try first.startWorker("loyal")
    try first.run.waitForStep(1)
    first.coordinator.kill()
    let second = try StandaloneCluster(TinyRun("run.seed=2"), listening: first.address)
    #expect(try worker.waitForEnd() == ExitStatus.refused.rawValue)
    for text in [worker.errors, second.run.log] {
      #expect(text.contains("it belongs to run "), "\(text)")
      #expect(text.contains(" and this is another; start the worker anew to join it"), "\(text)")
    }
    let identity = try #require(second.run.identity)
    #expect(!worker.errors.contains(identity))
    #expect(second.run.log.contains("(this is run \(identity))"))
    #expect(worker.errors.contains("error the coordinator refused this worker: it belongs to run "))
    #expect(second.run.log.contains("warning refused loyal: it belongs to run "))
    #expect(!second.coordinator.hasEnded)
  }
}
