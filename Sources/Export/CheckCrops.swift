// What proves an exported encoder: a few chips as they lie in the dataset, and what the encoder
// makes of them here. Not here: the program that compares (`CheckScript`).

import Basics
import Checkpoints
import Encoders
import Imagery
import Tensors
import TrainingRun

/// Chips as raw values, their tokens and their pooled vectors.
package struct CheckCrops {
  /// Chips.
  package let count: Int
  /// Whether training never saw them.
  package let areHeldOut: Bool
  /// `values` (N, C, side, side), stored values, 0 where invalid; `valid` (N, 1, side, side), 1 or
  /// 0; `seen` (N, 1, image side, image side), 1 where the image has a value: at least half of the
  /// weight of what is interpolated is valid, and where it is just half, rounding decides; `tokens`
  /// (N, 1 + L, D), after the last norm; `pooled` (N, D), the mean of the patch tokens.
  package let tensors: [SafetensorsWriter.Tensor]

  /// Chips at most.
  private static let limit = 4
  /// Bytes of raw values at most, unless one chip has more.
  private static let byteLimit = 64 << 20

  /// Takes held-out chips, or chips of the training where none is held out, evenly from the shards
  /// that are on this machine, and of each shard those with the fewest invalid pixels.
  /// - Throws: `RunError` where no shard is here; what a damaged shard throws.
  package init(of encoder: TrainedEncoder, pool: ThreadPool) throws {
    let dataset = encoder.run.dataset
    let layout = dataset.layout
    let bytes = layout.bandCount * layout.pixelsPerBand * MemoryLayout<Float>.stride
    let wanted = max(1, min(Self.limit, Self.byteLimit / bytes))
    let (shards, areHeldOut) = try Self.shards(of: dataset, upTo: wanted)
    self.areHeldOut = areHeldOut
    var places: [(shard: ShardFile, chip: Int)] = []
    for (index, id) in shards.enumerated() {
      let shard = try dataset.openShard(id)
      let share = (wanted + index) / shards.count
      places += Self.chips(of: shard, count: share).map { (shard, $0) }
    }
    count = places.count
    tensors = try Self.tensors(of: places, encoder, pool)
  }

  private static func shards(
    of dataset: Dataset, upTo limit: Int
  ) throws -> (shards: [ShardID], areHeldOut: Bool) {
    let present = dataset.presentShards
    let firstHeldOut = dataset.description.holdoutShard(0)
    func chosen(_ isWanted: (ShardID) -> Bool) -> [ShardID] {
      let fitting = present.filter { isWanted($0) && dataset.description[$0].chips > 0 }
      let count = min(limit, fitting.count)
      return (0..<count).map { fitting[$0 * fitting.count / count] }
    }
    let heldOut = chosen { $0 >= firstHeldOut }
    if !heldOut.isEmpty { return (heldOut, true) }
    let training = chosen { $0 < firstHeldOut }
    guard !training.isEmpty else {
      throw RunError(
        description: "no shard of \(dataset.folder) is on this machine, and an export needs chips "
          + "to prove itself with: copy a shard there, one with held-out chips if there are any")
    }
    return (training, false)
  }

  /// Own chips of a shard with the largest share of valid pixels, evenly spaced among equals.
  private static func chips(of shard: ShardFile, count: Int) -> [Int] {
    let own = Array(shard.chips.prefix(shard.directory.ownChipCount))
    let order = own.indices.sorted { (own[$1].validShare, $0) < (own[$0].validShare, $1) }
    let best = order.prefix { own[$0].validShare == own[order[0]].validShare }
    let pool = best.count >= count ? Array(best) : order
    let shown = min(count, pool.count)
    return (0..<shown).map { pool[$0 * pool.count / shown] }
  }

  private static func tensors(
    of places: [(shard: ShardFile, chip: Int)], _ encoder: TrainedEncoder, _ pool: ThreadPool
  ) throws -> [SafetensorsWriter.Tensor] {
    let layout = encoder.run.dataset.layout
    let model = encoder.model
    let count = places.count
    let raw = layout.bandCount * layout.pixelsPerBand
    let values = FloatBuffer(count: count * raw)
    let valid = FloatBuffer(count: count * layout.pixelsPerBand)
    let images = FloatBuffer(count: count * model.valuesPerImage)
    let seen = FloatBuffer(count: count * model.pixelsPerImage)
    let validity = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: model.pixelsPerImage)
    defer { validity.deallocate() }
    let chip = ChipBuffer(layout)
    let sampler = CropSampler(
      layout: layout, side: model.imageSide, normalization: encoder.normalization)
    for (index, place) in places.enumerated() {
      try place.shard.decode(chip: place.chip, into: chip)
      chip.copyValues(into: values.pointer + index * raw)
      for (pixel, isValid) in chip.copiedValidity.enumerated() {
        valid.pointer[index * layout.pixelsPerBand + pixel] = Float(isValid)
      }
      _ = try sampler.load(
        chip: place.chip, of: place.shard, box: .whole(side: layout.side),
        into: images.pointer + index * model.valuesPerImage, validity: validity.baseAddress!)
      for (pixel, isSeen) in validity.enumerated() {
        seen.pointer[index * model.pixelsPerImage + pixel] = Float(isSeen)
      }
    }
    let network = encoder.encoder(capacity: count, pool: pool)
    let output = network.encode(images.pointer, count: count, parameters: encoder.parameters)
    let (rows, width) = (network.shape.tokens, network.shape.width)
    let tokens = FloatBuffer(count: count * rows * width)
    tokens.pointer.update(from: output.pointer, count: tokens.count)
    let side = layout.side
    return [
      .init(name: "values", shape: [count, layout.bandCount, side, side], buffer: values),
      .init(name: "valid", shape: [count, 1, side, side], buffer: valid),
      .init(
        name: "seen", shape: [count, 1, model.imageSide, model.imageSide], buffer: seen),
      .init(name: "tokens", shape: [count, rows, width], buffer: tokens),
      .init(
        name: "pooled", shape: [count, width],
        buffer: pooled(tokens, count: count, rows: rows, width: width)),
    ]
  }

  /// (N, D): means of the patch tokens.
  private static func pooled(
    _ tokens: FloatBuffer, count: Int, rows: Int, width: Int
  ) -> FloatBuffer {
    let result = FloatBuffer(count: count * width)
    for image in 0..<count {
      let mean = TokenMean.vector(
        of: tokens.pointer + (image * rows + 1) * width, count: rows - 1, width: width)
      for column in 0..<width { result.pointer[image * width + column] = mean[column] }
    }
    return result
  }
}
