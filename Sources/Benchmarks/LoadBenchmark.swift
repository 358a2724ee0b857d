// How fast one core makes pairs for training: read, decode, crop, resize, normalise. Not the
// drawing of neighbours, which costs nothing beside that.

import Basics
import Imagery
import MaskedAutoencoding
import Tensors

package enum LoadBenchmarkError: Error, CustomStringConvertible {
  case noChips(folder: String)

  package var description: String {
    switch self {
    case .noChips(let folder):
      "no training shard in \(folder) has chips of its own; copy a shard there, or ingest the scenes"
    }
  }
}

/// A dataset's chips as images of one size.
package struct LoadBenchmark: Sendable {
  package let folder: String
  /// Of the images that are made, in pixels.
  package let imageSide: Int
  package let pairs: Int

  /// - Precondition: `pairs` is positive.
  package init(folder: String, imageSide: Int, pairs: Int) {
    precondition(imageSide > 0 && pairs > 0)
    self.folder = folder
    self.imageSide = imageSide
    self.pairs = pairs
  }

  package struct Report: Sendable {
    package var pairsPerSecond = 0.0
    /// Bands of the dataset.
    package var channels = 0
  }

  /// Makes some pairs, which finds files cold and is not counted, and then `pairs`.
  /// - Throws: what a missing or damaged dataset throws; `LoadBenchmarkError`.
  package func run() throws -> Report {
    let dataset = try Dataset(folder: folder)
    let shard = try firstShardWithChips(dataset)
    let channels = dataset.layout.bandCount
    let side = imageSide
    let sampler = CropSampler(
      layout: dataset.layout, side: side, normalization: Normalization(dataset.description.bands))
    let pixels = FloatBuffer(count: channels * side * side)
    let validity = ByteBuffer(count: side * side)
    let warmUp = (pairs + 9) / 10
    var choice = CounterRandom(seed: 0, purpose: .benchmark, 2)
    var start = Instant.monotonicNow()
    for pair in 0..<warmUp + pairs {
      if pair == warmUp { start = .monotonicNow() }
      for image in 0..<ModelConfiguration.imagesPerPair {
        var crop = CounterRandom(
          seed: 0, purpose: .benchmark, 3, UInt32(pair), UInt32(image))
        _ = try sampler.load(
          chip: choice.index(below: shard.directory.ownChipCount), of: shard, random: &crop,
          into: pixels.pointer, validity: validity.pointer)
      }
    }
    return Report(
      pairsPerSecond: Double(pairs) / (Instant.monotonicNow() - start).seconds, channels: channels)
  }

  private func firstShardWithChips(_ dataset: Dataset) throws -> ShardFile {
    for id in dataset.presentShards where id < dataset.description.holdoutShard(0) {
      let shard = try dataset.openShard(id)
      if shard.directory.ownChipCount > 0 { return shard }
    }
    throw LoadBenchmarkError.noChips(folder: folder)
  }
}
