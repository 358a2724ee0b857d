// Cuts the windows of one lane: reads rows, drops windows without enough in them, packs the others.

import Basics
import Imagery
import Scenes

/// Memory for one lane at a time, and the scene that was read last: the next lane is often its.
final class LaneScratch {
  let held: HeldRows
  let packer: ChipPacker
  private(set) var scene: Int?
  private var reader: SceneReader?

  init(_ layout: ChipLayout) {
    held = HeldRows(layout)
    packer = ChipPacker(layout)
  }

  /// A reader of a scene that has said nothing yet.
  func reader(of scene: Int, _ open: () throws -> SceneReader) throws -> SceneReader {
    if let reader, scene == self.scene {
      reader.beginAnew()
      return reader
    }
    close()
    let opened = try open()
    (self.scene, reader) = (scene, opened)
    return opened
  }

  /// Closes the scene.
  func close() { (scene, reader) = (nil, nil) }
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
    if let uniform = try reader.uniform(lane.window) {
      skip(uniform, &scan)
      if lane.countedColumns.lowerBound == 0 { try advance(lane.countedRows.count) }
      return finished(scan, reader)
    }
    let held = scratch.held
    held.begin(lane)
    for row in lane.rows {
      let fresh = try held.move(to: row, reader)
      let counted = look(at: fresh.rows, from: fresh.first, count: fresh.count, &scan.findings)
      for column in lane.columns {
        scan.windows += 1
        let window = held.window(column: column)
        let valid = window.validCount(width: layout.side, height: layout.side)
        guard 1 - Double(valid) / Double(layout.pixelsPerBand) <= maximumNodata else {
          scan.droppedForNodata += 1
          continue
        }
        if let patterns = ConstantChip.patterns(window, layout) {
          drop(patterns, &scan)
        } else {
          try keep(window, column, row, scratch.packer, spool)
          scan.chips += 1
        }
      }
      if lane.countedColumns.lowerBound == 0 { try advance(counted) }
    }
    return finished(scan, reader)
  }

  private func finished(_ scan: SceneScan, _ reader: SceneReader) -> SceneScan {
    var scan = scan
    scan.tally = reader.tally
    scan.alpha = reader.alpha.map(\.name)
    scan.remarks = reader.remarks
    return scan
  }

  /// Counts a lane that nobody wrote and that is not read: all its windows are dropped.
  private func skip(_ uniform: UniformWindow, _ scan: inout SceneScan) {
    scan.windows = lane.rows.count * lane.columns.count
    let size = layout.pixelType.byteCount
    let patterns = (0..<layout.bandCount).map { band in
      (0..<size).reduce(UInt32(0)) { $0 | UInt32(uniform.pixel[band * size + $1]) << (8 * $1) }
    }
    scan.findings.add(
      patterns, isValid: uniform.isValid,
      count: lane.countedRows.count * lane.countedColumns.count)
    if uniform.isValid {
      scan.droppedConstant = scan.windows
      scan.constantValues = patterns.map { layout.pixelType.value(ofPattern: $0) }
    } else {
      scan.droppedForNodata = scan.windows
    }
  }

  private func keep(
    _ window: PixelRows, _ column: Int, _ row: Int, _ packer: ChipPacker, _ spool: ChipSpool
  ) throws {
    var payload = packer.pack(window)
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
  /// - Parameter first: the number of the first one in the scene.
  /// - Returns: how many of them no other lane counts.
  private func look(
    at rows: PixelRows, from first: Int, count: Int, _ findings: inout PixelFindings
  ) -> Int {
    let skipped = max(0, lane.countedRows.lowerBound - first)
    guard skipped < count else { return 0 }
    switch layout.pixelType.byteCount {
    case 1: look(at: rows, as: UInt8.self, skipped..<count, &findings)
    case 2: look(at: rows, as: UInt16.self, skipped..<count, &findings)
    default: look(at: rows, as: UInt32.self, skipped..<count, &findings)
    }
    return count - skipped
  }

  private func look<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    at rows: PixelRows, as type: Value.Type, _ numbers: Range<Int>, _ findings: inout PixelFindings
  ) {
    let skipped = lane.countedColumns.lowerBound - lane.firstColumn
    let scratch = ScratchBuffer<Value>(count: lane.width)
    defer { withExtendedLifetime(scratch) {} }
    for row in numbers {
      let bands = (0..<layout.bandCount).map {
        rows.row(row, band: $0).assumingMemoryBound(to: Value.self) + skipped
      }
      findings.add(
        bands, rows.validity(row: row) + skipped, count: lane.width - skipped,
        scratch.elements.baseAddress!)
    }
  }
}
