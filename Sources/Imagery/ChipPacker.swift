// A chip's payload as shards hold it, made in memory: whoever cuts chips packs each once, and its
// bytes are only copied from then on. The format is in ShardFormat.swift.

import Basics
import Compression

/// Packs one chip after another. Holds one chip; one thread at a time.
package final class ChipPacker {
  private let buffer: ChipBuffer
  private var byteCount = 0

  package init(_ layout: ChipLayout) { buffer = ChipBuffer(layout) }

  /// Valid pixels of the chip that was packed last.
  package private(set) var validCount = 0

  /// Packs a chip; `withPayload` lends the bytes until the next one is packed.
  /// - Parameters:
  ///   - pixels: (bands, side, side) in the layout's type; what invalid pixels hold does not
  ///     matter.
  ///   - validity: (side, side), 0 where a pixel is invalid.
  /// - Returns: what the bytes are, at offset 0.
  /// - Precondition: sizes are the layout's.
  package func pack(
    pixels: UnsafeRawBufferPointer, validity: UnsafeBufferPointer<UInt8>
  ) -> StoredPayload {
    let layout = buffer.layout
    precondition(pixels.count == layout.pixelBytes && validity.count == layout.pixelsPerBand)
    return pack(
      PixelRows(
        pixels: pixels.baseAddress!, rowBytes: layout.side * layout.pixelType.byteCount,
        bandBytes: layout.pixelsPerBand * layout.pixelType.byteCount,
        validity: validity.baseAddress!, validityRowBytes: layout.side))
  }

  /// Packs a chip that lies in wider rows; else the same.
  /// - Precondition: the rows hold as much as the layout says.
  package func pack(_ rows: PixelRows) -> StoredPayload {
    let layout = buffer.layout
    validCount = buffer.setValidity(rows)
    if buffer.isFullyValid {
      buffer.shuffle(rows)
    } else {
      buffer.copyPixels(rows)
      buffer.clearInvalidPixels()
      BytePlanes.shuffle(
        UnsafeRawBufferPointer(buffer.pixels), elementBytes: layout.pixelType.byteCount,
        into: buffer.planes)
    }
    byteCount = 0
    var payload = StoredPayload()
    payload.pixelBytes = store(UnsafeRawBufferPointer(buffer.planes))
    if !buffer.isFullyValid {
      payload.maskBytes = store(UnsafeRawBufferPointer(buffer.validity))
    }
    payload.checksum = withPayload { CRC32.of($0) }
    return payload
  }

  /// Lends the bytes of the chip that was packed last.
  package func withPayload<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(rebasing: buffer.stored[..<byteCount]))
  }

  /// Appends bytes as an LZ4 block, or as they are when that is not shorter.
  private func store(_ plain: UnsafeRawBufferPointer) -> Int {
    let room = UnsafeMutableRawBufferPointer(
      rebasing: buffer.stored[byteCount..<byteCount + plain.count])
    var count = plain.count
    if let block = LZ4Block.compress(
      plain, into: UnsafeMutableRawBufferPointer(rebasing: room[..<(plain.count - 1)]))
    {
      count = block
    } else {
      room.copyMemory(from: plain)
    }
    byteCount += count
    return count
  }
}

extension ChipBuffer {
  /// Sorts a chip's bytes into the planes.
  fileprivate func shuffle(_ rows: PixelRows) {
    let size = layout.pixelType.byteCount
    var target = planes.baseAddress!
    for band in 0..<layout.bandCount {
      for row in 0..<layout.side {
        BytePlanes.shuffle(
          rows.row(row, band: band), count: layout.side, elementBytes: size, into: target,
          planeBytes: layout.pixelsPerBand * layout.bandCount)
        target += layout.side
      }
    }
  }

  /// Takes over a chip's pixels.
  fileprivate func copyPixels(_ rows: PixelRows) {
    let bytes = layout.side * layout.pixelType.byteCount
    var target = pixels.baseAddress!
    for band in 0..<layout.bandCount {
      for row in 0..<layout.side {
        target.copyMemory(from: rows.row(row, band: band), byteCount: bytes)
        target += bytes
      }
    }
  }

  /// Fills the buffer from a payload as it is stored, whose checksum the caller has verified.
  /// - Throws: `LZ4Error` for bytes that are no such payload.
  package func unpack(_ stored: UnsafeRawBufferPointer, _ payload: StoredPayload) throws(LZ4Error) {
    try Self.unpack(
      UnsafeRawBufferPointer(rebasing: stored[..<payload.pixelBytes]), into: planes)
    isFullyValid = payload.maskBytes == 0
    if isFullyValid {
      validity.update(repeating: 1)
    } else {
      try Self.unpack(
        UnsafeRawBufferPointer(rebasing: stored[payload.pixelBytes...]),
        into: UnsafeMutableRawBufferPointer(validity))
    }
    BytePlanes.unshuffle(
      UnsafeRawBufferPointer(planes), elementBytes: layout.pixelType.byteCount, into: pixels)
  }

  /// Lends pixels, (bands, side, side), and validity, (side, side).
  package func withContents<Result>(
    _ body: (UnsafeRawBufferPointer, UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(pixels), UnsafeBufferPointer(validity))
  }

  private static func unpack(
    _ stored: UnsafeRawBufferPointer, into plain: UnsafeMutableRawBufferPointer
  ) throws(LZ4Error) {
    if stored.count == plain.count {
      plain.copyMemory(from: stored)
    } else {
      try LZ4Block.decompress(stored, into: plain)
    }
  }
}
