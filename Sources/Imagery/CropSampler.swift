// From a chip on disk to an image for the model: decode, crop, resize, normalise. Not which chip:
// that is the plan's business.

import Basics
import Tensors

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
    chip index: Int, of shard: ShardFile, placement: AffineTransform? = nil,
    random: inout CounterRandom,
    into pixels: UnsafeMutablePointer<Float>, validity: UnsafeMutablePointer<UInt8>
  ) throws -> Footprint {
    let box = CropBox.random(side: layout.side, using: &random)
    return try load(
      chip: index, of: shard, placement: placement, box: box, into: pixels, validity: validity)
  }

  /// An image of one crop of a chip: antialiased bilinear resize by normalised convolution
  /// (Knutsson and Westin, 1993), so that invalid pixels do not bleed into valid ones, then (v −
  /// mean) / deviation a band.
  ///
  /// A chip that is turned on the map of its pair is first seen north up there, its pixels
  /// interpolated bilinearly, and the crop is one of that view; see `ChipView`.
  /// - Parameters:
  ///   - placement: from the chip's columns and rows to the map of its pair; nil where that is the
  ///     chip's own map.
  ///   - box: in the chip's pixels, or in those of the view.
  ///   - pixels: (bands, side, side), written whole; 0 where invalid.
  ///   - validity: (side, side), written whole; 1 where at least half of the weight fell on valid
  ///     pixels, else 0.
  /// - Returns: the crop's footprint in coordinates of the pair's map.
  /// - Throws: `ShardError`.
  /// - Precondition: the shard has the sampler's layout, the placement is one of its links, and the
  ///   box lies in the chip.
  package func load(
    chip index: Int, of shard: ShardFile, placement: AffineTransform? = nil, box: CropBox,
    into pixels: UnsafeMutablePointer<Float>, validity: UnsafeMutablePointer<UInt8>
  ) throws -> Footprint {
    precondition(box.isInside(side: layout.side))
    let view = ChipView(shard.chips[index].footprint, placement: placement, side: layout.side)
    try shard.decode(chip: index, into: chip)
    resampler.prepare(width: box.width, height: box.height)
    let isMasked = !chip.isFullyValid || view.turn != nil
    if isMasked {
      if let turn = view.turn {
        fillValidity(box, turn)
      } else {
        copyRows(box, from: UnsafePointer(chip.validity.baseAddress!)) { Float($0) }
      }
      resampler.resample(into: coverage.pointer)
    }
    let count = side * side
    for index in 0..<count {
      validity[index] = !isMasked || coverage.pointer[index] >= Self.leastCoverage ? 1 : 0
    }
    for band in 0..<layout.bandCount {
      fillPlane(box, view.turn, band: band)
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
    return box.footprint(in: view.footprint, side: layout.side)
  }

  /// Brings a band's box to the resampler as floats; invalid pixels are 0.
  private func fillPlane(_ box: CropBox, _ turn: PixelTurn?, band: Int) {
    let start =
      UnsafeRawPointer(chip.pixels.baseAddress!)
      + band * layout.pixelsPerBand * layout.pixelType.byteCount
    switch layout.pixelType {
    case .uint8: fillPlane(box, turn, from: start.assumingMemoryBound(to: UInt8.self)) { Float($0) }
    case .uint16:
      fillPlane(box, turn, from: start.assumingMemoryBound(to: UInt16.self)) { Float($0) }
    case .int16: fillPlane(box, turn, from: start.assumingMemoryBound(to: Int16.self)) { Float($0) }
    case .float32: fillPlane(box, turn, from: start.assumingMemoryBound(to: Float.self)) { $0 }
    }
  }

  @inline(__always)
  private func fillPlane<Value>(
    _ box: CropBox, _ turn: PixelTurn?, from band: UnsafePointer<Value>,
    _ convert: (Value) -> Float
  ) {
    if let turn {
      interpolate(box, turn, from: band, convert)
    } else {
      copyRows(box, from: band, convert)
    }
  }

  /// Invalid pixels are 0 in shards.
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

/// Chips that are turned on the map of their pair.
extension CropSampler {
  /// 1 in the resampler's plane where a pixel of the view shows enough of the chip, else 0.
  private func fillValidity(_ box: CropBox, _ turn: PixelTurn) {
    let validity = UnsafePointer(chip.validity.baseAddress!)
    for y in 0..<box.height {
      let target = resampler.plane.pointer + y * resampler.planeStride
      for x in 0..<box.width {
        let taps = turn.taps(column: box.column + x, row: box.row + y, validity: validity)
        target[x] = taps == nil ? 0 : 1
      }
    }
  }

  /// The same for a band's values, 0 where invalid. Double precision and operations that IEEE 754
  /// defines alone, in one order: equal bits on every machine.
  @inline(__always)
  private func interpolate<Value>(
    _ box: CropBox, _ turn: PixelTurn, from band: UnsafePointer<Value>,
    _ convert: (Value) -> Float
  ) {
    let validity = UnsafePointer(chip.validity.baseAddress!)
    for y in 0..<box.height {
      let target = resampler.plane.pointer + y * resampler.planeStride
      for x in 0..<box.width {
        let found = turn.taps(column: box.column + x, row: box.row + y, validity: validity)
        guard let taps = found else {
          target[x] = 0
          continue
        }
        var sum = 0.0
        for tap in 0..<4 { sum += taps.weights[tap] * Double(convert(band[taps.places[tap]])) }
        target[x] = Float(sum)
      }
    }
  }
}
