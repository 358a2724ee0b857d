// Shards that are not, or not any more, what dataset.json says of them.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Changed shards") struct ChangedShardTests {
  @Test("Changed pixels with right checksums are given up before they change a digest")
  func changedPixels() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let data = try SampleDataset.copy(to: cluster.run.file("data"))
    let shard = data + "/training-00000.shard"
    try exchangeTwoChips(in: shard)
    let worker = try cluster.startWorker("unlucky", data: data)
    try worker.waitForError(
      "shard 0 cannot be read and is given up: \(shard) is not the shard that dataset.json "
        + "describes: its digest is ")
    let healthy = try cluster.startWorker("healthy")
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try healthy.waitForEnd() == 0)
    #expect(try worker.waitForEnd() == 0)
    #expect(!worker.errors.contains("shard 1 cannot be read"))
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  @Test("Shards that are cut short in place while they are used cost a worker those shards alone")
  func cutShort() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let data = try SampleDataset.copy(to: cluster.run.file("data"))
    let worker = try cluster.startWorker("unlucky", data: data)
    try cluster.run.waitForStep(5)
    for number in 0..<6 {
      let path = "\(data)/training-0000\(number).shard"
      #expect(truncate(path, 100_000) == 0)
    }
    try worker.waitForError(".shard is truncated: expected ")
    let healthy = try cluster.startWorker("healthy")
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try healthy.waitForEnd() == 0)
    #expect(try worker.waitForEnd() == 0)
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  /// Two chips without invalid pixels change places: the file's size stays, and every checksum in
  /// it is right.
  private func exchangeTwoChips(in path: String) throws {
    let shard = try ShardFile(path)
    let buffer = ChipBuffer(shard.layout)
    var order = Array(shard.chips.indices)
    let whole = order.filter { shard.chips[$0].validShare == 1 }
    order.swapAt(whole[0], whole[1])
    var writer = try ShardWriter(creating: path + ".new", shard.directory)
    for chip in order {
      try shard.decode(chip: chip, into: buffer)
      try buffer.copiedPixels.withUnsafeBytes { pixels in
        try buffer.copiedValidity.withUnsafeBufferPointer {
          try writer.append(pixels: pixels, validity: $0)
        }
      }
    }
    #expect(try writer.finish() == shard.byteCount)
    try Files.rename(path + ".new", to: path)
  }
}
