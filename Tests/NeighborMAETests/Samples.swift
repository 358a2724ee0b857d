// Small models and random batches.

import Basics
import MaskedAutoencoding
import NeighborMAE
import Tensors
import TestSupport
import Testing

extension ModelConfiguration {
  /// 4 × 4 patches of 8 × 8 pixels.
  static func small(
    channels: Int = 3, normalizesPatches: Bool = true, imageSide: Int = 32
  ) -> ModelConfiguration {
    ModelConfiguration(
      imageSide: imageSide, patchSide: 8, channels: channels, width: 32, depth: 2, heads: 4,
      decoderWidth: 16, decoderDepth: 2, decoderHeads: 2, normalizesPatches: normalizesPatches)
  }
}

/// Footprints that share a third of their union.
let overlapping = (
  first: Footprint(left: 0, top: 200, right: 200, bottom: 0),
  second: Footprint(left: 100, top: 200, right: 300, bottom: 0)
)

/// The second lies in the first and shows every second pixel of its middle.
let nested = (
  first: Footprint(left: 0, top: 400, right: 400, bottom: 0),
  second: Footprint(left: 100, top: 300, right: 300, bottom: 100)
)

/// Footprints that share nothing.
let disjoint = (
  first: Footprint(left: 0, top: 200, right: 200, bottom: 0),
  second: Footprint(left: 300, top: 200, right: 500, bottom: 0)
)

/// A batch of random pixels, all valid, with random permutations.
func randomBatch(
  _ configuration: ModelConfiguration, _ footprints: [(first: Footprint, second: Footprint)],
  seed: UInt64 = 1, bounds: MaskRatioBounds = .paper,
  change: (PairBatch) -> Void = { _ in }
) throws -> PairBatch {
  let batch = PairBatch(configuration: configuration, capacity: footprints.count)
  var random = CounterRandom(seed: seed, purpose: .simulation)
  for i in 0..<batch.pixels.count { batch.pixels.pointer[i] = Float(random.normal()) }
  batch.validity.pointer.update(repeating: 1, count: batch.validity.count)
  change(batch)
  var order: [Int32] = []
  for _ in 0..<2 * footprints.count {
    order += random.permutation(of: configuration.patchesPerImage)
  }
  try batch.prepare(footprints: footprints, order: order, bounds: bounds)
  return batch
}

/// One pair of a batch in a batch of its own; the bounds are the batch's.
func single(_ pair: Int, of batch: PairBatch, bounds: MaskRatioBounds) throws -> PairBatch {
  let result = PairBatch(configuration: batch.configuration, capacity: 1)
  let pixels = 2 * batch.configuration.valuesPerImage
  result.pixels.pointer.update(from: batch.pixels.pointer + pair * pixels, count: pixels)
  let flags = 2 * batch.configuration.pixelsPerImage
  result.validity.pointer.update(from: batch.validity.pointer + pair * flags, count: flags)
  let patches = 2 * batch.configuration.patchesPerImage
  try result.prepare(
    footprints: [batch.footprints[pair]],
    order: Array(batch.order[pair * patches..<(pair + 1) * patches]), bounds: bounds)
  return result
}

/// Initial parameters with norms and biases off their trivial start.
func movedParameters(_ configuration: ModelConfiguration) -> FloatBuffer {
  movedParameters(configuration.parameterLayout)
}

/// The buffer outlives the look at it.
func numbers(_ buffer: FloatBuffer) -> [Double] {
  withExtendedLifetime(buffer) { buffer.values.map { Double($0) } }
}
