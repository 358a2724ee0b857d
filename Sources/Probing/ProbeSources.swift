// What is probed: the features of an encoder, and beside them, from the same images, those of one
// that learned nothing, and what anybody can see of a patch without any model.

import Basics
import Embedding
import Encoders
import Kernels
import Objectives
import Tensors
import VisionTransformer

/// Three kinds of features in one vector, so that a scene is read once for all of them.
struct ProbeSources {
  let source: FeatureSource
  /// The values of each kind in a vector.
  let parts: [(name: String, range: Range<Int>)]

  /// The names of the kinds, in their order.
  static let (pretrained, random, statistics) = (
    "pretrained", "random initialisation", "imagestats"
  )

  /// - Parameter seed: of the encoder that learned nothing; it is not the run's own beginning.
  init(of trained: TrainedEncoder, seed: UInt64, pool: ThreadPool) {
    let tokens = FeatureSource.tokens(of: trained, pool: pool)
    let layout = trained.model.parameterLayout
    let runSeed = trained.run.configuration.run.seed
    let parameters = layout.initialParameters(seed: runSeed &+ 1 &+ seed)
    let other = ImageEncoder(
      shape: trained.model.encoderShape, parameters: parameters, layout: layout,
      capacity: tokens.capacity, pool: pool)
    let patches = tokens.patches
    let width = tokens.dimensions
    let statistics = PlainStatistics(patches)
    let total = 2 * width + statistics.count
    let result = FloatBuffer(count: tokens.capacity * patches.patchCount * total)
    source = FeatureSource(patches: patches, dimensions: total, capacity: tokens.capacity) {
      images, count in
      // Each result is valid until its own encoder is called again.
      let own = tokens.compute(images, count)
      let blank = other.encode(images, count: count, parameters: parameters)
      pool.forEach(count) { image in
        statistics.fill(
          result.pointer + image * patches.patchCount * total + 2 * width, stride: total,
          image: images + image * patches.valueCount)
        for patch in 0..<patches.patchCount {
          let row = result.pointer + (image * patches.patchCount + patch) * total
          let place = tokens.row(ofPatch: patch, image: image)
          row.update(from: own.row(place), count: width)
          (row + width).update(from: blank.row(place), count: width)
        }
      }
      return MatrixView(result, rows: count * patches.patchCount, columns: total)
    }
    parts = [
      (Self.pretrained, 0..<width), (Self.random, width..<2 * width),
      (Self.statistics, 2 * width..<total),
    ]
  }
}

/// Mean and deviation of each band over a patch, and over the image around it, which an encoder
/// sees too. Invalid pixels count as the band's mean, as encoders see them.
struct PlainStatistics {
  private let patches: PatchGrid

  init(_ patches: PatchGrid) { self.patches = patches }

  /// Values of a patch.
  var count: Int { 4 * patches.channels }

  /// Writes the values of each patch of an image.
  /// - Parameters:
  ///   - output: of the first patch.
  ///   - stride: from one patch to the next.
  ///   - image: (C, H, W).
  func fill(
    _ output: UnsafeMutablePointer<Float>, stride: Int, image: UnsafePointer<Float>
  ) {
    let side = patches.patchSide
    for band in 0..<patches.channels {
      let plane = image + band * patches.pixelCount
      var whole = Sums()
      for patch in 0..<patches.patchCount {
        let place = patches.place(of: patch)
        var sums = Sums()
        for y in 0..<side {
          let row = plane + (place.row * side + y) * patches.imageSide + place.column * side
          for x in 0..<side { sums.add(row[x]) }
        }
        whole.add(sums)
        let values = output + patch * stride + 4 * band
        (values[0], values[1]) = (sums.mean, sums.deviation)
      }
      for patch in 0..<patches.patchCount {
        let values = output + patch * stride + 4 * band
        (values[2], values[3]) = (whole.mean, whole.deviation)
      }
    }
  }

  private struct Sums {
    private var count = 0.0
    private var sum = 0.0
    private var squares = 0.0

    mutating func add(_ value: Float) {
      count += 1
      sum += Double(value)
      squares += Double(value) * Double(value)
    }

    mutating func add(_ other: Sums) {
      count += other.count
      sum += other.sum
      squares += other.squares
    }

    var mean: Float { Float(sum / count) }
    var deviation: Float {
      Float(max(0, squares / count - sum / count * (sum / count)).squareRoot())
    }
  }
}
