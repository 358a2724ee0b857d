// The first stage: reads every scene once, cuts it, and packs the chips that are kept as shards will
// hold them. Works batch by batch; each is on the disk when the next ones begin.

import Basics
import Imagery
import Scenes

/// Scans batches of scenes. Memory: for each thread the rows of one lane twice (about 128 MiB), and
/// the records of the batches under way.
struct ScanStage {
  let catalog: SceneCatalog
  let options: IngestOptions
  let work: WorkFolder
  let parallel: ParallelWork

  /// Batches that are scanned at once, for each thread: so many that no thread waits for long.
  private static let batchesPerThread = 4

  /// A piece of work: a lane of a scene of a batch.
  private struct Piece {
    let spool: ChipSpool
    let scene: Int
    let lane: WindowLane?
  }

  /// Scans what is not yet scanned of a part.
  func run(_ part: StagePart) throws {
    let batches = catalog.batches.indices.filter { part.includes($0) }
    let open = batches.filter { !Files.exists(work.report($0)) }
    func rows(_ batches: [Int]) -> Int {
      batches.reduce(0) { sum, batch in
        catalog.batches[batch].reduce(sum) { $0 + catalog.scenes[$1].grid.height }
      }
    }
    let all = rows(batches)
    let progress = StageProgress(
      "reading scenes", total: all, done: all - rows(open), unit: "rows")
    defer { progress.finish() }
    let most = Self.batchesPerThread * parallel.threadCount
    for start in stride(from: 0, to: open.count, by: most) {
      try scan(Array(open[start..<min(start + most, open.count)]), progress)
    }
  }

  private func scan(_ batches: [Int], _ progress: StageProgress) throws {
    var pieces: [Piece] = []
    var spools: [ChipSpool] = []
    for batch in batches {
      let spool = try ChipSpool(work.spool(batch))
      spools.append(spool)
      for scene in catalog.batches[batch] {
        let lanes = WindowLane.lanes(
          catalog.scenes[scene].grid, side: options.chipSide, stride: options.stride,
          pixelBytes: catalog.layout.bandCount * catalog.layout.pixelType.byteCount)
        if lanes.isEmpty { pieces.append(Piece(spool: spool, scene: scene, lane: nil)) }
        pieces += lanes.map { Piece(spool: spool, scene: scene, lane: $0) }
      }
    }
    try parallel.forEach(pieces.count) { try scan(pieces[$0], progress) }
    try parallel.forEach(batches.count) { index in
      let found = try spools[index].finish()
      try ChipTable.write(found.chips, to: work.table(batches[index]))
      let report = ScanReport(scenes: found.scenes, chips: found.chips.count)
      try Files.writeDurably(
        try JSONText.encode(report, .line) + "\n", to: work.report(batches[index]))
    }
  }

  private func scan(_ piece: Piece, _ progress: StageProgress) throws {
    guard let lane = piece.lane else {
      piece.spool.add(SceneScan(scene: piece.scene))
      return progress.advance(by: catalog.scenes[piece.scene].grid.height)
    }
    do {
      if piece.spool.isUnreadable(piece.scene) { return }
      let scan = LaneScan(
        scene: piece.scene, lane: lane, layout: catalog.layout,
        maximumNodata: options.maximumNodata)
      let reader = try catalog.open(piece.scene)
      piece.spool.add(
        try scan.run(reader, into: piece.spool) {
          try parallel.check()
          progress.advance(by: $0)
        })
    } catch let error as SceneError where options.skipsUnreadable {
      var scan = SceneScan(scene: piece.scene)
      scan.unreadable = "\(error)"
      piece.spool.add(scan)
    }
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
    _ reader: SceneReader, into spool: ChipSpool, advance: (Int) throws -> Void
  ) throws -> SceneScan {
    var scan = SceneScan(scene: scene)
    let held = HeldRows(
      lane, bandCount: layout.bandCount, valueBytes: layout.pixelType.byteCount)
    let packer = ChipPacker(layout)
    var pixels = [UInt8](repeating: 0, count: layout.pixelBytes)
    var mask = [UInt8](repeating: 0, count: layout.pixelsPerBand)
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
        try pixels.withUnsafeMutableBytes { pixels in
          try mask.withUnsafeMutableBufferPointer { mask in
            held.copyWindow(column: column, to: pixels, mask)
            let pixels = UnsafeRawBufferPointer(pixels)
            let mask = UnsafeBufferPointer(mask)
            if let patterns = ConstantChip.patterns(pixels, mask, layout) {
              drop(patterns, &scan)
            } else {
              try keep(pixels, mask, column, row, packer, spool)
              scan.chips += 1
            }
          }
        }
      }
      if lane.countedColumns.lowerBound == 0 { try advance(counted) }
    }
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
