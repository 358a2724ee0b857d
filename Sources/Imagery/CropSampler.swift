// From a chip on disk to an image for the model: decode, crop, resize, normalise. Not which chip:
// that is the plan's business.

import Basics
import Tensors

/// What makes a band's values mean 0 and variance 1.
package struct Normalization: Hashable, Sendable {
  /// (bands)
  package let mean: [Float]
  /// (bands), never 0
  package let standardDeviation: [Float]

  /// A deviation of 0, that of a constant band, counts as 1.
  /// - Precondition: as many means as deviations.
  package init(mean: [Float], standardDeviation: [Float]) {
    precondition(mean.count == standardDeviation.count)
    self.mean = mean
    self.standardDeviation = standardDeviation.map { $0 > 0 ? $0 : 1 }
  }

  /// By the statistics of a dataset's bands.
  package init(_ bands: [BandDescription]) {
    self.init(
      mean: bands.map { Float($0.mean) },
      standardDeviation: bands.map { Float($0.standardDeviation) })
  }
}

/// Makes images of one side from the chips of one layout. Owns all the memory it needs; one thread
/// at a time.
package final class CropSampler {
  /// Pixels along one side of an image.
  package let side: Int
  package let layout: ChipLayout
  private let normalization: Normalization
  private let chip: ChipBuffer
  private let resampler: PlaneResampler
  /// (side, side): Σ weight · valid
  private let coverage: FloatBuffer

  /// An output pixel is valid when at least this share of its weight fell on valid pixels.
  private static let leastCoverage: Float = 0.5

  /// - Precondition: `side` is positive; the normalization has the layout's bands.
  package init(layout: ChipLayout, side: Int, normalization: Normalization) {
    precondition(side > 0 && normalization.mean.count == layout.bandCount)
    self.layout = layout
    self.side = side
    self.normalization = normalization
    chip = ChipBuffer(layout)
    resampler = PlaneResampler(side: side, largestInput: layout.side)
    coverage = FloatBuffer(count: side * side)
  }

  /// An image of a random crop of a chip; see `CropBox.random` and the other `load`.
  package func load(
    chip index: Int, of shard: ShardFile, random: inout CounterRandom,
    into pixels: UnsafeMutablePointer<Float>, validity: UnsafeMutablePointer<UInt8>
  ) throws -> Footprint {
    let box = CropBox.random(side: layout.side, using: &random)
    return try load(chip: index, of: shard, box: box, into: pixels, validity: validity)
  }

  /// An image of one crop of a chip: antialiased bilinear resize by normalised convolution
  /// (Knutsson and Westin, 1993), so that invalid pixels do not bleed into valid ones, then (v −
  /// mean) / deviation a band.
  /// - Parameters:
  ///   - pixels: (bands, side, side), written whole; 0 where invalid.
  ///   - validity: (side, side), written whole; 1 where at least half of the weight fell on valid
  ///     pixels, else 0.
  /// - Returns: the crop's footprint in map coordinates.
  /// - Throws: `ShardError`.
  /// - Precondition: the shard has the sampler's layout and the box lies in the chip.
  package func load(
    chip index: Int, of shard: ShardFile, box: CropBox,
    into pixels: UnsafeMutablePointer<Float>, validity: UnsafeMutablePointer<UInt8>
  ) throws -> Footprint {
    precondition(box.isInside(side: layout.side))
    try shard.decode(chip: index, into: chip)
    resampler.prepare(width: box.width, height: box.height)
    let isMasked = !chip.isFullyValid
    if isMasked {
      fillPlane(box, from: UnsafePointer(chip.validity.baseAddress!))
      resampler.resample(into: coverage.pointer)
    }
    let count = side * side
    for index in 0..<count {
      validity[index] = !isMasked || coverage.pointer[index] >= Self.leastCoverage ? 1 : 0
    }
    for band in 0..<layout.bandCount {
      fillPlane(box, band: band)
      let output = pixels + band * count
      resampler.resample(into: output)
      let mean = normalization.mean[band]
      let deviation = normalization.standardDeviation[band]
      if isMasked {
        // Where nothing is covered the quotient is not a number: a crop is sound by itself.
        for index in 0..<count {
          let value = (output[index] / coverage.pointer[index] - mean) / deviation
          output[index] = validity[index] == 1 ? value : 0
        }
      } else {
        for index in 0..<count { output[index] = (output[index] - mean) / deviation }
      }
    }
    return box.footprint(in: shard.chips[index].footprint, side: layout.side)
  }

  /// Copies a band's box to the resampler as floats; invalid pixels are 0, as shards store them.
  private func fillPlane(_ box: CropBox, band: Int) {
    let start =
      UnsafeRawPointer(chip.pixels.baseAddress!)
      + band * layout.pixelsPerBand * layout.pixelType.byteCount
    switch layout.pixelType {
    case .uint8: fillPlane(box, from: start.assumingMemoryBound(to: UInt8.self))
    case .uint16: fillPlane(box, from: start.assumingMemoryBound(to: UInt16.self))
    case .int16: fillPlane(box, from: start.assumingMemoryBound(to: Int16.self))
    case .float32:
      copyRows(box, from: start.assumingMemoryBound(to: Float.self)) { $0 }
    }
  }

  @inline(__always)
  private func fillPlane<Value: FixedWidthInteger>(_ box: CropBox, from band: UnsafePointer<Value>)
  {
    copyRows(box, from: band) { Float($0) }
  }

  @inline(__always)
  private func copyRows<Value>(
    _ box: CropBox, from band: UnsafePointer<Value>, _ convert: (Value) -> Float
  ) {
    for y in 0..<box.height {
      let source = band + (box.row + y) * layout.side + box.column
      let target = resampler.plane.pointer + y * resampler.planeStride
      for x in 0..<box.width { target[x] = convert(source[x]) }
    }
  }
}
