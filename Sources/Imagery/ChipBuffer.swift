// Room for one chip in the clear.

import Basics

/// The pixels and the validity of one chip, with the memory that decoding needs. Allocated once,
/// filled many times, by one thread at a time. The memory is the buffer's own, from `init` to
/// `deinit`.
public final class ChipBuffer {
  /// What the chip looks like.
  public let layout: ChipLayout
  /// (bands, side, side) in the layout's type; 0 where invalid.
  let pixels: UnsafeMutableRawBufferPointer
  /// (side, side): 1 valid, 0 not.
  let validity: UnsafeMutableBufferPointer<UInt8>
  /// Whether no pixel is invalid.
  public internal(set) var isFullyValid = true
  /// The pixels' bytes in planes.
  let planes: UnsafeMutableRawBufferPointer
  /// For the payload as it lies in the file: never longer than pixels and validity.
  let stored: UnsafeMutableRawBufferPointer
  private let memory: [ScratchBuffer<UInt8>]

  /// An empty chip: all pixels 0 and valid.
  public init(_ layout: ChipLayout) {
    self.layout = layout
    let sizes = [
      layout.pixelBytes, layout.pixelBytes, layout.pixelBytes + layout.pixelsPerBand,
      layout.pixelsPerBand,
    ]
    let memory = sizes.map { ScratchBuffer<UInt8>(count: $0) }
    self.memory = memory
    (pixels, planes, stored) = (memory[0].bytes, memory[1].bytes, memory[2].bytes)
    validity = memory[3].elements
    validity.update(repeating: 1)
  }

  /// (bands, side, side) in the layout's type, little-endian; 0 where invalid. A copy.
  public var copiedPixels: [UInt8] { withExtendedLifetime(self) { Array(pixels) } }

  /// (side, side): 1 valid, 0 not. A copy.
  public var copiedValidity: [UInt8] { withExtendedLifetime(self) { Array(validity) } }

  /// Takes over a mask (anything but 0 is valid).
  /// - Returns: how many pixels are valid.
  func setValidity(_ mask: PixelRows) -> Int {
    var target = validity.baseAddress!
    for row in 0..<layout.side {
      let source = mask.validity(row: row)
      for index in 0..<layout.side { target[index] = min(source[index], 1) }
      target += layout.side
    }
    let validCount = FlagBytes.countSet(validity.baseAddress!, validity.count)
    isFullyValid = validCount == layout.pixelsPerBand
    return validCount
  }

  /// Makes invalid pixels 0 in every band.
  func clearInvalidPixels() {
    let size = layout.pixelType.byteCount
    for band in 0..<layout.bandCount {
      let start = pixels.baseAddress! + band * layout.pixelsPerBand * size
      for index in validity.indices where validity[index] == 0 {
        for byte in 0..<size {
          start.storeBytes(of: 0, toByteOffset: index * size + byte, as: UInt8.self)
        }
      }
    }
  }
}
