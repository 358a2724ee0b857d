// Cuts the windows of one lane: reads rows, drops windows without enough in them, packs the others.

import Basics
import Imagery
import Scenes

/// Memory for one lane at a time.
final class LaneScratch {
  let held: HeldRows
  let packer: ChipPacker
  /// (bands, side, side)
  let pixels: UnsafeMutableRawBufferPointer
  /// (side, side)
  let mask: UnsafeMutableBufferPointer<UInt8>

  init(_ layout: ChipLayout) {
    held = HeldRows(layout)
    packer = ChipPacker(layout)
    pixels = .allocate(byteCount: layout.pixelBytes, alignment: 64)
    pixels.initializeMemory(as: UInt8.self, repeating: 0)
    mask = .allocate(capacity: layout.pixelsPerBand)
    mask.initialize(repeating: 0)
  }

  deinit {
    pixels.deallocate()
    mask.deallocate()
  }
}

/// Cuts the windows of one lane.
struct LaneScan {
  let scene: Int
  let lane: WindowLane
  let layout: ChipLayout
  let maximumNodata: Double

  /// - Parameter advance: told how many rows were read since it was last told.
  func run(
    _ reader: SceneReader, _ scratch: LaneScratch, into spool: ChipSpool,
    advance: (Int) throws -> Void
  ) throws -> SceneScan {
    var scan = SceneScan(scene: scene)
    let held = scratch.held
    held.begin(lane)
    for row in lane.rows {
      var counted = 0
      try held.move(to: row, reader) { fresh, validity, first in
        counted = look(at: fresh, validity, first, &scan.findings)
      }
      for column in lane.columns {
        scan.windows += 1
        let valid = held.validCount(column: column)
        guard 1 - Double(valid) / Double(layout.pixelsPerBand) <= maximumNodata else {
          scan.droppedForNodata += 1
          continue
        }
        held.copyWindow(column: column, to: scratch.pixels, scratch.mask)
        let pixels = UnsafeRawBufferPointer(scratch.pixels)
        let mask = UnsafeBufferPointer(scratch.mask)
        if let patterns = ConstantChip.patterns(pixels, mask, layout) {
          drop(patterns, &scan)
        } else {
          try keep(pixels, mask, column, row, scratch.packer, spool)
          scan.chips += 1
        }
      }
      if lane.countedColumns.lowerBound == 0 { try advance(counted) }
    }
    scan.tally = reader.tally
    scan.alpha = reader.alpha.map(\.name)
    scan.remarks = reader.remarks
    return scan
  }

  private func keep(
    _ pixels: UnsafeRawBufferPointer, _ mask: UnsafeBufferPointer<UInt8>, _ column: Int,
    _ row: Int, _ packer: ChipPacker, _ spool: ChipSpool
  ) throws {
    var payload = packer.pack(pixels: pixels, validity: mask)
    try packer.withPayload { bytes in
      let digest = Checksum.of(bytes)
      try spool.append(bytes) { offset in
        payload.offset = offset
        return ScannedChip(
          scene: scene, column: column, row: row, validCount: packer.validCount, digest: digest,
          payload: payload)
      }
    }
  }

  private func drop(_ patterns: [UInt32], _ scan: inout SceneScan) {
    let values = patterns.map { layout.pixelType.value(ofPattern: $0) }
    if scan.droppedConstant == 0 {
      scan.constantValues = values
    } else if scan.constantValues != values {
      scan.constantValues = nil
    }
    scan.droppedConstant += 1
  }

  /// Counts what new rows hold.
  /// - Returns: how many of them no other lane counts.
  private func look(
    at pixels: UnsafeRawBufferPointer, _ validity: UnsafeBufferPointer<UInt8>, _ first: Int,
    _ findings: inout PixelFindings
  ) -> Int {
    let rows = validity.count / lane.width
    let skipped = max(0, lane.countedRows.lowerBound - first)
    guard skipped < rows else { return 0 }
    switch layout.pixelType.byteCount {
    case 1: look(at: pixels, as: UInt8.self, validity, skipped..<rows, &findings)
    case 2: look(at: pixels, as: UInt16.self, validity, skipped..<rows, &findings)
    default: look(at: pixels, as: UInt32.self, validity, skipped..<rows, &findings)
    }
    return rows - skipped
  }

  private func look<Value: FixedWidthInteger & UnsignedInteger>(
    at pixels: UnsafeRawBufferPointer, as type: Value.Type,
    _ validity: UnsafeBufferPointer<UInt8>, _ rows: Range<Int>, _ findings: inout PixelFindings
  ) {
    let values = pixels.assumingMemoryBound(to: Value.self).baseAddress!
    let width = lane.width
    let skipped = lane.countedColumns.lowerBound - lane.firstColumn
    let scratch = UnsafeMutablePointer<Value>.allocate(capacity: width)
    defer { scratch.deallocate() }
    for row in rows {
      let bands = (0..<layout.bandCount).map {
        UnsafePointer(values + ($0 * validity.count + row * width + skipped))
      }
      findings.add(
        bands, validity.baseAddress! + row * width + skipped, count: width - skipped, scratch)
    }
  }
}
