// How fast one core makes pairs for training: read, decode, crop, resize, normalise. Not the
// drawing of neighbours, which costs nothing beside that.

import Foundations
import Imagery
import NeighborMAE
import Tensors

/// A dataset's chips as images of one model.
public struct LoadBenchmark: Sendable {
  public let folder: String
  public let preset: ModelPreset
  public let pairs: Int

  /// - Precondition: `pairs` is positive.
  public init(folder: String, preset: ModelPreset, pairs: Int) {
    precondition(pairs > 0)
    self.folder = folder
    self.preset = preset
    self.pairs = pairs
  }

  public struct Report: Sendable {
    /// Of one pair, the median; the first tenth, which finds files cold, is left out.
    public var medianSeconds = 0.0
    public var pairsPerSecond: Double { 1 / medianSeconds }
  }

  /// - Throws: what a missing or damaged dataset throws.
  public func run() throws -> Report {
    let dataset = try Dataset(folder: folder)
    let side = preset.configuration(channels: dataset.layout.bandCount).imageSide
    let sampler = CropSampler(
      layout: dataset.layout, side: side,
      normalization: Normalization(dataset.description.bands))
    let shard = try dataset.openShard(ShardID(index: 0))
    let pixels = FloatBuffer(count: dataset.layout.bandCount * side * side)
    let validity = ByteBuffer(count: side * side)
    let chips = shard.directory.ownChipCount
    let warmUp = (pairs + 9) / 10
    var choice = CounterRandom(seed: 0, purpose: .benchmark, 2)
    var seconds: [Double] = []
    for pair in 0..<warmUp + pairs {
      let start = Instant.monotonicNow()
      for image in 0..<ModelConfiguration.imagesPerPair {
        var crop = CounterRandom(
          seed: 0, purpose: .benchmark, 3, UInt32(pair), UInt32(image))
        _ = try sampler.load(
          chip: choice.index(below: chips), of: shard, random: &crop, into: pixels.pointer,
          validity: validity.pointer)
      }
      if pair >= warmUp { seconds.append((Instant.monotonicNow() - start).seconds) }
    }
    return Report(medianSeconds: seconds.median)
  }
}
