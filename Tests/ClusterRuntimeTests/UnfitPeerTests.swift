// Workers that cannot take part, and peers that are none.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Unfit peers") struct UnfitPeerTests {
  @Test("A worker with another dataset is refused")
  func otherDataset() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let data = try SampleDataset.copy(to: cluster.run.file("data"))
    let path = data + "/dataset.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = text.replacingOccurrences(of: "\"red\"", with: "\"rot\"")
    #expect(changed != text)
    try changed.write(toFile: path, atomically: false, encoding: .utf8)
    let worker = try cluster.startWorker("stranger", data: data)
    #expect(try worker.waitForEnd() == ExitStatus.refused.rawValue)
    #expect(
      worker.errors.contains("error the coordinator refused this worker: its dataset is not this "),
      "\(worker.errors)")
    let expected = try Dataset(folder: try SampleDataset.folder()).digest
    #expect(!worker.errors.contains("\(expected)"))
    #expect(cluster.run.log.contains(", this run's \(expected))"), "\(cluster.run.log)")
    #expect(
      worker.errors.contains("copy dataset.json and the shards from where they were ingested"))
    #expect(!cluster.coordinator.hasEnded)
  }

  @Test("A worker with damaged shards gives them up, names the file, and others do that work")
  func flippedBits() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let data = try SampleDataset.copy(to: cluster.run.file("data"))
    // Chips lie behind the index; none is shorter than a page.
    try changeTrainingShards(in: data) { bytes in
      for place in stride(from: bytes.count / 2, to: bytes.count, by: 4096) { bytes[place] ^= 1 }
    }
    let worker = try cluster.startWorker("unlucky", data: data)
    try worker.waitForError("cannot be read and is given up: \(data)/training-0000")
    try worker.waitForError(
      ".shard is not the shard that dataset.json describes: its digest is ")
    try wait(for: "a word about the missing shard", evidence: cluster.run.log) {
      cluster.run.log.contains("(last on unlucky)")
    }
    let healthy = try cluster.startWorker("healthy")
    #expect(try cluster.coordinator.waitForEnd() == 0)
    #expect(try healthy.waitForEnd() == 0)
    #expect(try worker.waitForEnd() == 0)
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  @Test("A worker none of whose shards can be read ends and names the file")
  func truncated() throws {
    // A step that needs every shard.
    let cluster = try StandaloneCluster(TinyRun("training.microbatchesPerStep=40"))
    let data = try SampleDataset.copy(to: cluster.run.file("data"))
    for name in try FileManager.default.contentsOfDirectory(atPath: data)
    where name.hasPrefix("holdout") {
      try FileManager.default.removeItem(atPath: data + "/" + name)
    }
    try changeTrainingShards(in: data) { $0.removeLast(1000) }
    let worker = try cluster.startWorker("unlucky", data: data)
    #expect(try worker.waitForEnd() == 1)
    #expect(worker.errors.contains(".shard is truncated: expected "), "\(worker.errors)")
    #expect(worker.errors.contains("none of this worker's shards can be read"))
  }

  private func changeTrainingShards(in folder: String, by change: (inout Data) -> Void) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasPrefix("training") {
      let place = URL(fileURLWithPath: folder + "/" + name)
      var bytes = try Data(contentsOf: place)
      change(&bytes)
      try bytes.write(to: place)
    }
  }

  @Test("A port in use is an error that says so")
  func portInUse() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let other = try TinyRun()
    let second = try run(
      Repository.terrane,
      ["coordinator", "--insecure", "--listen", cluster.address] + other.options)
    #expect(second.status == 1)
    #expect(
      second.errors == "Error: \(cluster.address) is in use by another process; "
        + "choose another port or path, or stop that process\n")
  }

  @Test("Garbage on the port changes nothing")
  func garbage() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let port = try #require(UInt16(cluster.address.split(separator: ":").last ?? ""))
    try pour(garbageTo: port)
    let worker = try cluster.startWorker("worker")
    try cluster.run.waitForStep(3)
    try pour(garbageTo: port)
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try worker.waitForEnd() == 0)
    #expect(cluster.run.log.contains("a message that cannot be read came from worker "))
    // Which of them are told one by one, before the rest is told as a number, is the order of
    // arrival.
    #expect(
      ["a message was dropped: ", "more messages could not be read or came unbidden"].contains {
        cluster.run.log.contains($0)
      })
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  /// What browsers, scanners and broken programs say, below ZeroMQ's protocol and above it.
  private func pour(garbageTo port: UInt16) throws {
    let noise = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 >> 7) }
    for bytes in [Array("GET / HTTP/1.1\r\nHost: head\r\n\r\n".utf8), noise] {
      let peer = try RawPeer(port: port)
      peer.write(bytes)
      peer.vanish()
    }
    for start in [0, 1000, 30000] {
      let peer = try RawPeer(port: port)
      peer.shakeHands()
      for length in [0, 1, 7, 200] {
        peer.sendFrame(Array(noise[start..<start + length]), hasMore: true)
        peer.sendFrame(Array(noise[start + length..<start + 2 * length]))
      }
      for _ in 0..<40 { peer.sendFrame([1], hasMore: true) }
      peer.sendFrame([])
      peer.finish()
    }
  }
}
