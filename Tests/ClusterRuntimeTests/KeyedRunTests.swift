// A run whose workers have keys: the same bits, and nobody else in it.

import Basics
import Foundation
import Keys
import TestSupport
import Testing

@Suite("Runs with keys") struct KeyedRunTests {
  let folder: TemporaryFolder
  let keys: KeyFolder

  init() throws {
    folder = try TemporaryFolder()
    keys = KeyFolder(folder.path + "/keys")
    _ = try keys.make(workers: ["alice", "bob"])
  }

  private func key(_ name: String) -> [String] { ["--key", keys.workerPath(name)] }

  @Test("Workers with keys come to the same digests, under their keys' names")
  func equalDigests() throws {
    let cluster = try StandaloneCluster(TinyRun(), keys: ["--keys", keys.path])
    let workers = try ["alice", "bob"].map { try cluster.startWorker("one", key: key($0)) }
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    for worker in workers { #expect(try worker.waitForEnd() == 0, "\(worker.errors)") }
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
    #expect(cluster.run.log.contains("2 keys in \(keys.path) may join"))
    #expect(cluster.run.log.contains("alice/one joined"), "\(cluster.run.log)")
    for name in ["alice", "bob"] {
      let secret = try WorkerKey(file: keys.workerPath(name)).secret.secretText
      #expect(!cluster.run.log.contains(secret) && !cluster.coordinator.errors.contains(secret))
    }
  }

  @Test("A worker without a key, or with one that is not admitted, waits and says why")
  func strangers() throws {
    let cluster = try StandaloneCluster(TinyRun(), keys: ["--keys", keys.path])
    try Files.remove(keys.admissionPath("bob"))
    try wait(for: "the removal of the key", evidence: cluster.run.log) {
      cluster.run.log.contains("the key of bob is not admitted any more")
    }
    let plain = try cluster.startWorker("plain", patienceSeconds: 3)
    let bob = try cluster.startWorker("bob", patienceSeconds: 3, key: key("bob"))
    #expect(try plain.waitForEnd() == ExitStatus.gaveUpWaiting.rawValue, "\(plain.errors)")
    #expect(plain.errors.contains("lets in only who has a key; say --key FILE"), "\(plain.errors)")
    #expect(try bob.waitForEnd() == ExitStatus.gaveUpWaiting.rawValue, "\(bob.errors)")
    #expect(bob.errors.contains("does not admit this worker's key"), "\(bob.errors)")
    #expect(cluster.run.log.contains("its key is not admitted"), "\(cluster.run.log)")
  }

  @Test("A worker whose key is removed is out within two seconds, and the run goes on with others")
  func removed() throws {
    let cluster = try StandaloneCluster(
      TinyRun("training.steps=100000", "evaluation.everySteps=0"), keys: ["--keys", keys.path])
    let bob = try cluster.startWorker("bob", patienceSeconds: 2, key: key("bob"))
    try cluster.run.waitForStep(3)
    try Files.remove(keys.admissionPath("bob"))
    let removed = Instant.monotonicNow()
    try wait(for: "the end of bob", evidence: cluster.run.log) {
      cluster.run.log.contains("bob is gone")
    }
    #expect(Instant.monotonicNow() - removed < .seconds(10))
    #expect(try bob.waitForEnd() == ExitStatus.gaveUpWaiting.rawValue, "\(bob.errors)")
    let step = try #require(try cluster.run.metrics().steps.last?.step)
    let alice = try cluster.startWorker("alice", patienceSeconds: 2, key: key("alice"))
    try cluster.run.waitForStep(step + 3)
    cluster.coordinator.send(signal: SIGTERM)
    #expect(try cluster.coordinator.waitForEnd() == ExitStatus.stopped.rawValue)
    #expect(try alice.waitForEnd() == ExitStatus.left.rawValue)
  }

  @Test("Without keys the word has to be said, but in a folder that nobody else can enter")
  func insecure() throws {
    let run = try TinyRun()
    for address in ["tcp://127.0.0.1:*", "ipc:///tmp/terrane-nobody.socket"] {
      let refused = try TestSupport.run(
        Repository.terrane, ["coordinator", "--listen", address] + run.options)
      #expect(refused.status == ExitStatus.usage.rawValue, "\(refused.errors)")
      #expect(refused.errors.contains("say --insecure if all who can reach it are trusted"))
    }
    #expect(!Files.exists(run.folder))
    let worker = try TestSupport.run(
      Repository.terrane,
      ["worker", "--connect", "tcp://127.0.0.1:1", "--data", try SampleDataset.folder()])
    #expect(worker.status == ExitStatus.usage.rawValue, "\(worker.errors)")
    let sockets = folder.path + "/private"
    try FileManager.default.createDirectory(
      atPath: sockets, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let cluster = try StandaloneCluster(run, listening: "ipc://\(sockets)/s", keys: [])
    let local = try cluster.startWorker("local", key: [])
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try local.waitForEnd() == 0, "\(local.errors)")
  }
}
