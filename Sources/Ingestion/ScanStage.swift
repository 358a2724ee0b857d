// The first stage: reads every scene once, cuts it, and packs the chips that are kept as shards
// will hold them. Works batch by batch; each is on the disk when the next ones begin.

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

  /// Memory of threads that have done a lane and not begun another one.
  private let idle = Monitor<[LaneScratch]>([])

  init(
    catalog: SceneCatalog, options: IngestOptions, work: WorkFolder, parallel: ParallelWork
  ) {
    self.catalog = catalog
    self.options = options
    self.work = work
    self.parallel = parallel
  }

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
    // A plan knows where chips lie in the spools that it was made from.
    if !open.isEmpty { try Files.remove(work.plan) }
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
      try WorkFolder.encode(report, to: work.report(batches[index]))
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
      let scratch = idle.withLock { $0.popLast() } ?? LaneScratch(catalog.layout)
      defer { idle.withLock { $0.append(scratch) } }
      piece.spool.add(
        try scan.run(reader, scratch, into: piece.spool) {
          try parallel.check()
          progress.advance(by: $0)
        })
    } catch let error as SceneError where options.finding.skipsUnreadable {
      var scan = SceneScan(scene: piece.scene)
      scan.unreadable = catalog.scenes[piece.scene].recipe.reason(error)
      piece.spool.add(scan)
    }
  }
}
