// Statistics of chips' pixels, each pixel of a scene once.

import Imagery

/// Statistics of chips, one after another.
struct ChipAccumulator {
  private let layout: ChipLayout
  private let buffer: ChipBuffer
  private var mask: [UInt8]
  private(set) var chips: [ChipStatistics] = []
  private(set) var histograms: [ValueHistogram]

  init(_ layout: ChipLayout) {
    self.layout = layout
    buffer = ChipBuffer(layout)
    mask = [UInt8](repeating: 0, count: layout.pixelsPerBand)
    histograms = (0..<layout.bandCount).map { _ in ValueHistogram(layout.pixelType) }
  }

  /// Adds a chip's valid pixels that no earlier chip has.
  mutating func add(
    _ chip: ScannedChip, _ stored: UnsafeRawBufferPointer, without earlier: [WindowPlace]
  ) throws {
    try buffer.unpack(stored, chip.payload)
    let side = layout.side
    buffer.withContents { pixels, validity in
      mask.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: validity) }
      for other in earlier {
        let left = max(0, other.column - Int(chip.column))
        let right = min(side, other.column + side - Int(chip.column))
        let top = max(0, other.row - Int(chip.row))
        let bottom = min(side, other.row + side - Int(chip.row))
        if left >= right || top >= bottom { continue }
        mask.withUnsafeMutableBufferPointer { mask in
          for y in top..<bottom { mask[y * side + left..<y * side + right].update(repeating: 0) }
        }
      }
      let bandBytes = layout.pixelsPerBand * layout.pixelType.byteCount
      let bands = mask.withUnsafeBufferPointer { mask in
        for band in 0..<layout.bandCount {
          histograms[band].add(
            UnsafeRawBufferPointer(rebasing: pixels[band * bandBytes..<(band + 1) * bandBytes]),
            where: mask)
        }
        return BandStatistics.of(pixels, layout, where: mask)
      }
      chips.append(ChipStatistics(scene: Int(chip.scene), bands: bands))
    }
  }
}
