// The third stage: copies the payloads of each shard's chips from the spools into its file, and
// gathers the statistics of those that are trained on. No scene is opened.

import Basics
import Imagery
import Scenes

/// Writes shards, some at once. Memory: for each thread one chip in the clear and counts of values,
/// half a megabyte a band, and such counts for each shard under way.
struct WriteStage {
  let catalog: SceneCatalog
  let plan: DatasetPlan
  let work: WorkFolder
  let parallel: ParallelWork

  /// Ways to the globe that no thread uses: making one takes longer than using it for a shard.
  private let idle = Monitor<[CatalogTransforms]>([])

  init(
    catalog: SceneCatalog, plan: DatasetPlan, work: WorkFolder, parallel: ParallelWork
  ) {
    self.catalog = catalog
    self.plan = plan
    self.work = work
    self.parallel = parallel
  }

  /// Pieces of a shard: a thread writes one at a time, so that all have work where shards are few.
  /// One thread alone writes a shard from its beginning to its end, and digests it on the way.
  private var pieces: Int { parallel.threadCount == 1 ? 1 : 8 }

  /// Shards under way: so many that threads seldom wait for the last piece of them, and not so many
  /// that open files run out.
  private var shardsAtOnce: Int { 2 * min(parallel.threadCount, 32) }

  /// Writes what is not yet written of a part.
  func run(_ part: StagePart) throws {
    let shards = plan.shards.indices.filter { part.includes($0) }
    let known = try parallel.map(shards.count) { isWhole(plan.shards[shards[$0]]) }
    let open = zip(shards, known).filter { !$0.1 }.map(\.0)
    let progress = StageProgress(
      "writing shards", total: shards.count, done: shards.count - open.count, unit: "shards")
    defer { progress.finish() }
    if open.isEmpty { return }
    let sections = try sections()
    for start in stride(from: 0, to: open.count, by: shardsAtOnce) {
      let shards = open[start..<min(start + shardsAtOnce, open.count)].map { plan.shards[$0] }
      let underWay = try begin(shards, sections)
      try parallel.forEach(shards.count * pieces) { number in
        let (index, piece) = number.quotientAndRemainder(dividingBy: pieces)
        if try write(piece, of: shards[index], underWay[index]) { progress.advance(by: 1) }
      }
    }
  }

  /// Whether an earlier run has written a shard, and nothing has happened to it since: what is
  /// damaged is written again.
  private func isWhole(_ shard: DatasetPlan.Shard) -> Bool {
    let path = work.statistics(shard.name)
    guard Files.exists(path), let known = try? ShardStatistics(path, catalog.layout).shard,
      known.file == shard.name
    else { return false }
    return (try? ShardFile(work.shard(shard.name)).digest()) == known.digest
  }

  private func sections() throws -> MappedFile {
    guard Files.exists(work.planSections) else {
      throw IngestError.damagedWork(path: work.planSections, what: "it is missing")
    }
    return try MappedFile(work.planSections)
  }

  /// Reads all shards again.
  /// - Throws: `IngestError.damagedShard` for one that is not as this stage left it.
  func requireWhole() throws {
    let progress = StageProgress(
      "checking shards", total: plan.shards.count, done: 0, unit: "shards")
    defer { progress.finish() }
    try parallel.forEach(plan.shards.count) { index in
      let shard = plan.shards[index]
      // One that is missing is counted by the stage that needs it.
      if Files.exists(work.statistics(shard.name)), !isWhole(shard) {
        throw IngestError.damagedShard(path: work.shard(shard.name))
      }
      progress.advance(by: 1)
    }
  }

  /// Creates the files of some shards: all threads find where the chips lie.
  private func begin(
    _ shards: [DatasetPlan.Shard], _ sections: MappedFile
  ) throws -> [ShardUnderWay] {
    let own = try parallel.map(shards.count) { try section(of: shards[$0], sections) }
    let placed = try parallel.map(shards.count * pieces) { number in
      let (index, piece) = number.quotientAndRemainder(dividingBy: pieces)
      return try records(own[index], part(piece, of: own[index]))
    }
    return try parallel.map(shards.count) { index in
      let chips = placed[index * pieces..<(index + 1) * pieces].flatMap { $0 }
      return try ShardUnderWay(
        own[index], directory(of: own[index], chips), path: work.shard(shards[index].name),
        pieces: pieces)
    }
  }

  private func section(
    of shard: DatasetPlan.Shard, _ sections: MappedFile
  ) throws -> ShardSection {
    let section = try sections.withBytes { bytes in
      try shard.section(in: bytes).map { try ShardSection(from: $0) }
    }
    guard let section else {
      throw IngestError.damagedWork(
        path: work.planSections, what: "the chips of \(shard.name) have changed")
    }
    return section
  }

  /// The chips of a piece.
  private func part(_ piece: Int, of section: ShardSection) -> Range<Int> {
    let count = section.chips.count
    return count * piece / pieces..<count * (piece + 1) / pieces
  }

  /// Writes a piece; the last one that is done ends the shard.
  /// - Returns: whether the shard is whole.
  private func write(
    _ piece: Int, of shard: DatasetPlan.Shard, _ underWay: ShardUnderWay
  ) throws -> Bool {
    let section = underWay.section
    let count = section.chips.count
    let spools = SpoolReader(work: work, batches: catalog.batches)
    var statistics = ChipAccumulator(catalog.layout)
    for index in part(piece, of: section) {
      try parallel.check()
      let chip = section.chips[index]
      try spools.withPayload(of: chip) { bytes in
        try underWay.assembly.write(bytes, chip: index)
        if shard.isForTraining && index < section.ownCount {
          try statistics.add(chip, bytes, without: section.earlier[index])
        }
      }
    }
    guard let all = underWay.add(statistics, of: piece) else { return false }
    let path = work.shard(shard.name)
    let written = try underWay.assembly.finish(isDurable: work.isDurable)
    if work.isDurable { try Files.synchronizeFolder(of: path) }
    let description = ShardDescription(
      file: shard.name, chips: section.ownCount, borderChips: count - section.ownCount,
      links: underWay.linkCount, bytes: written.byteCount, digest: written.digest)
    try ShardStatistics(
      shard: description, chips: all.chips, histograms: shard.isForTraining ? all.histograms : []
    ).write(to: work.statistics(shard.name), isDurable: work.isDurable)
    return true
  }

  /// Where chips of a shard lie.
  private func records(_ section: ShardSection, _ part: Range<Int>) throws -> [ChipRecord] {
    var transforms =
      idle.withLock { $0.popLast() } ?? CatalogTransforms(catalog.header.references)
    defer { idle.withLock { $0.append(transforms) } }
    let places = Self.places(section)
    return try part.map { index in
      let chip = section.chips[index]
      let scene = catalog.scenes[Int(chip.scene)]
      let footprint = catalog.footprint(chip)
      guard let transform = transforms.toWGS84(scene.system),
        let bounds = transform.bounds(of: footprint),
        let corners = transform.corners(of: footprint)
      else {
        throw IngestError.noBounds(
          scene: scene.recipe.source, column: Int(chip.column), row: Int(chip.row))
      }
      return ChipRecord(
        id: ChipID(index: section.ids[index]), scene: places[Int(chip.scene)]!,
        column: Int(chip.column), row: Int(chip.row), footprint: footprint, bounds: bounds,
        corners: corners, isBorderCopy: index >= section.ownCount)
    }
  }

  /// The scenes of a shard, by their numbers in the catalog.
  private static func places(_ section: ShardSection) -> [Int: Int] {
    let scenes = Set(section.chips.map { Int($0.scene) }).sorted()
    return Dictionary(uniqueKeysWithValues: zip(scenes, scenes.indices))
  }

  private func directory(of section: ShardSection, _ chips: [ChipRecord]) -> ShardDirectory {
    ShardDirectory(
      layout: catalog.layout, bands: catalog.meanings,
      scenes: Self.places(section).keys.sorted().map { place in
        let scene = catalog.scenes[place]
        return SceneReference(
          name: scene.recipe.name, crs: catalog.header.references[scene.system].wkt,
          transform: scene.grid.transform, acquired: scene.recipe.acquired)
      },
      chips: chips,
      links: section.links + section.chips.dropFirst(section.ownCount).map { _ in [] })
  }
}
