// The third stage: copies the payloads of each shard's chips from the spools into its file, and
// gathers the statistics of those that are trained on. No scene is opened.

import Basics
import Imagery
import Scenes

/// Writes shards. Memory: for each thread one chip in the clear and counts of values, half a
/// megabyte a band, and such counts for each shard under way, of which there is about one.
struct WriteStage {
  let catalog: SceneCatalog
  let plan: DatasetPlan
  let work: WorkFolder
  let parallel: ParallelWork

  /// Pieces of a shard: a thread writes one at a time, so that all have work where shards are few.
  /// One thread alone writes a shard from its beginning to its end, and digests it on the way.
  private var pieces: Int { parallel.threadCount == 1 ? 1 : 8 }

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
    let begun = Monitor<[Int: ShardUnderWay]>([:])
    try parallel.forEach(open.count * pieces) { number in
      let (index, piece) = number.quotientAndRemainder(dividingBy: pieces)
      let shard = plan.shards[open[index]]
      let underWay = try begun.withLock { begun in
        Result {
          if let known = begun[index] { return known }
          let made = try begin(shard, sections)
          begun[index] = made
          return made
        }
      }.get()
      if try write(piece, of: shard, underWay) {
        begun.withLock { $0[index] = nil }
        progress.advance(by: 1)
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

  private func begin(
    _ shard: DatasetPlan.Shard, _ sections: MappedFile
  ) throws -> ShardUnderWay {
    let count = sections.bytes.count
    guard shard.offset >= 0, shard.bytes >= 0, shard.bytes <= count,
      shard.offset <= count - shard.bytes
    else { throw IngestError.damagedWork(path: work.planSections, what: "it is too short") }
    let section = try sections.withBytes { bytes -> ShardSection? in
      let part = UnsafeRawBufferPointer(rebasing: bytes[shard.offset..<shard.offset + shard.bytes])
      return Digest(of: part) == shard.digest ? try ShardSection(from: part) : nil
    }
    guard let section else {
      throw IngestError.damagedWork(
        path: work.planSections, what: "the chips of \(shard.name) have changed")
    }
    return try ShardUnderWay(
      section, directory(of: section), path: work.shard(shard.name), pieces: pieces)
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
    for index in count * piece / pieces..<count * (piece + 1) / pieces {
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
    let written = try underWay.assembly.finish()
    try Files.synchronizeFolder(of: path)
    let description = ShardDescription(
      file: shard.name, chips: section.ownCount, borderChips: count - section.ownCount,
      links: underWay.linkCount, bytes: written.byteCount, digest: written.digest)
    try ShardStatistics(
      shard: description, chips: all.chips, histograms: shard.isForTraining ? all.histograms : []
    ).write(to: work.statistics(shard.name))
    return true
  }

  private func directory(of section: ShardSection) throws -> ShardDirectory {
    let used = Set(section.chips.map { Int($0.scene) }).sorted()
    var place: [Int: Int] = [:]
    for (index, scene) in used.enumerated() { place[scene] = index }
    var transforms = CatalogTransforms(catalog.header.references)
    let records = try section.chips.enumerated().map { index, chip in
      let scene = catalog.scenes[Int(chip.scene)]
      let footprint = scene.grid.footprint(
        PixelWindow(
          column: Int(chip.column), row: Int(chip.row), width: catalog.layout.side,
          height: catalog.layout.side))
      guard let transform = transforms.toWGS84(scene.system),
        let bounds = transform.bounds(of: footprint),
        let corners = transform.corners(of: footprint)
      else {
        throw IngestError.noBounds(
          scene: scene.recipe.source, column: Int(chip.column), row: Int(chip.row))
      }
      return ChipRecord(
        id: ChipID(index: section.ids[index]), scene: place[Int(chip.scene)]!,
        column: Int(chip.column), row: Int(chip.row), footprint: footprint, bounds: bounds,
        corners: corners, isBorderCopy: index >= section.ownCount)
    }
    return ShardDirectory(
      layout: catalog.layout, bands: catalog.meanings,
      scenes: used.map { place in
        let scene = catalog.scenes[place]
        return SceneReference(
          name: scene.recipe.name, crs: catalog.header.references[scene.system].wkt,
          transform: scene.grid.transform, acquired: scene.recipe.acquired)
      },
      chips: records,
      links: section.links + section.chips.dropFirst(section.ownCount).map { _ in [] })
  }
}
