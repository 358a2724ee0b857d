// Pixels where they lie: rows of a chip, or of a strip of a scene, among those of something wider.

import Basics

/// Rows of pixels with their validity. Lent: they are read while what holds them does not change.
package struct PixelRows {
  /// The first value of the first row in the first band.
  package let pixels: UnsafeRawPointer
  /// From a row to the next one.
  package let rowBytes: Int
  /// From a band to the next one.
  package let bandBytes: Int
  /// Of the first pixel: 1 valid, 0 not.
  package let validity: UnsafePointer<UInt8>
  /// From a row to the next one.
  package let validityRowBytes: Int

  package init(
    pixels: UnsafeRawPointer, rowBytes: Int, bandBytes: Int, validity: UnsafePointer<UInt8>,
    validityRowBytes: Int
  ) {
    self.pixels = pixels
    self.rowBytes = rowBytes
    self.bandBytes = bandBytes
    self.validity = validity
    self.validityRowBytes = validityRowBytes
  }

  /// The first value of a row.
  package func row(_ row: Int, band: Int) -> UnsafeRawPointer {
    pixels + (band * bandBytes + row * rowBytes)
  }

  /// The validity of a row.
  package func validity(row: Int) -> UnsafePointer<UInt8> {
    validity + row * validityRowBytes
  }

  /// Valid pixels of the first rows and columns.
  package func validCount(width: Int, height: Int) -> Int {
    (0..<height).reduce(0) { $0 + FlagBytes.countSet(validity(row: $1), width) }
  }
}
