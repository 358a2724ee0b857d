// The first stage: reads every scene once, cuts it, and packs the chips that are kept as shards
// will hold them. Works batch by batch; each is on the disk when the next ones begin.

import Basics
import Imagery
import Scenes

/// Scans batches of scenes. Memory: for each thread the rows of one lane twice (about 128 MiB) and
/// an open scene, and the records of the batches under way.
struct ScanStage {
  let catalog: SceneCatalog
  let options: IngestOptions
  let work: WorkFolder
  let parallel: ParallelWork
  let handover: Handover

  /// For whom the batches are scanned.
  enum Handover {
    /// For other processes, perhaps on other machines: a batch is done when it is on the disk.
    case others
    /// For this process, which reads a batch again soon and then removes it: the disk is not waited
    /// for. Batches of an earlier run are looked at first; what a failure of power has taken of
    /// them is scanned anew.
    case ourselves(isContinued: Bool)
  }

  /// Memory of threads that have done a lane and not begun another one.
  private let idle = Monitor<[LaneScratch]>([])

  init(
    catalog: SceneCatalog, options: IngestOptions, work: WorkFolder, parallel: ParallelWork,
    handover: Handover
  ) {
    self.catalog = catalog
    self.options = options
    self.work = work
    self.parallel = parallel
    self.handover = handover
  }

  /// Batches that are scanned at once, for each thread: so many that no thread waits for long.
  private static let batchesPerThread = 4

  /// A piece of work: lanes of a scene of a batch. None where no window fits.
  private struct Piece {
    let spool: ChipSpool
    let scene: Int
    let lanes: [WindowLane]
  }

  /// Scans what is not yet scanned of a part.
  /// - Returns: whether there was any of that.
  func run(_ part: StagePart) throws -> Bool {
    let batches = catalog.batches.indices.filter { part.includes($0) }
    let isDone = try parallel.map(batches.count) { isScanned(batches[$0]) }
    let open = zip(batches, isDone).filter { !$0.1 }.map(\.0)
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
    return !open.isEmpty
  }

  private func isScanned(_ batch: Int) -> Bool {
    guard Files.exists(work.report(batch)) else { return false }
    guard case .ourselves(isContinued: true) = handover else { return true }
    do {
      let report = try WorkFolder.decode(ScanReport.self, work.report(batch))
      let chips = try ChipTable.read(
        work.table(batch), count: report.chips, scenes: catalog.batches[batch])
      let spools = SpoolReader(work: work, batches: catalog.batches)
      for chip in chips { try spools.withPayload(of: chip) { _ in } }
      return true
    } catch {
      return false
    }
  }

  private func scan(_ batches: [Int], _ progress: StageProgress) throws {
    var pieces: [Piece] = []
    var spools: [ChipSpool] = []
    for batch in batches {
      let spool = try ChipSpool(work.spool(batch), isDurable: work.isDurable)
      spools.append(spool)
      for scene in catalog.batches[batch] {
        let lanes = WindowLane.lanes(
          catalog.scenes[scene].grid, side: options.chipSide, stride: options.stride,
          pixelBytes: catalog.layout.bandCount * catalog.layout.pixelType.byteCount)
        // What comes from a network comes once: to one thread, which remembers what it has fetched.
        let paths = catalog.scenes[scene].recipe.paths
        let isWhole = lanes.isEmpty || paths.contains(where: RasterLibrary.isRemote)
        pieces += (isWhole ? [lanes] : lanes.map { [$0] }).map {
          Piece(spool: spool, scene: scene, lanes: $0)
        }
      }
    }
    defer { idle.withLock { for reader in $0 { reader.close() } } }
    try parallel.forEach(pieces.count) { try scan(pieces[$0], progress) }
    try parallel.forEach(batches.count) { index in
      let found = try spools[index].finish()
      try ChipTable.write(
        found.chips, to: work.table(batches[index]), isDurable: work.isDurable)
      let report = ScanReport(scenes: found.scenes, chips: found.chips.count)
      try WorkFolder.encode(
        report, to: work.report(batches[index]), isDurable: work.isDurable)
    }
  }

  private func scan(_ piece: Piece, _ progress: StageProgress) throws {
    if piece.lanes.isEmpty {
      piece.spool.add(SceneScan(scene: piece.scene))
      return progress.advance(by: catalog.scenes[piece.scene].grid.height)
    }
    do {
      for lane in piece.lanes where !piece.spool.isUnreadable(piece.scene) {
        try scan(lane, of: piece, progress)
      }
    } catch let error as SceneError where options.finding.skipsUnreadable {
      var scan = SceneScan(scene: piece.scene)
      scan.unreadable = catalog.scenes[piece.scene].recipe.reason(error)
      piece.spool.add(scan)
    }
  }

  private func scan(_ lane: WindowLane, of piece: Piece, _ progress: StageProgress) throws {
    let scan = LaneScan(
      scene: piece.scene, lane: lane, layout: catalog.layout,
      maximumNodata: options.maximumNodata)
    let scratch = scratch(for: piece.scene)
    defer { idle.withLock { $0.append(scratch) } }
    let reader = try scratch.reader(of: piece.scene) {
      let opened = try catalog.open(piece.scene)
      RasterLibrary.holdBlocks(opened.blockRowsBytes, threads: parallel.threadCount)
      return opened
    }
    piece.spool.add(
      try scan.run(reader, scratch, into: piece.spool) {
        try parallel.check()
        progress.advance(by: $0)
      })
  }

  /// Memory, with the scene open where that is to be had.
  private func scratch(for scene: Int) -> LaneScratch {
    idle.withLock { idle in
      if let place = idle.lastIndex(where: { $0.scene == scene }) { return idle.remove(at: place) }
      return idle.popLast()
    } ?? LaneScratch(catalog.layout)
  }
}
