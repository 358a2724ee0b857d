// From scenes to a dataset: the order of the stages. What each stage does is in its own file.

import Basics
import Imagery
import Maps
import Observability
import Scenes

/// What the user asks for; checked by the command line.
package struct IngestOptions {
  package var chipSide: Int
  package var stride: Int
  package var maximumNodata: Double
  package var chipsPerShard: Int
  package var holdout: Double

  package init(
    chipSide: Int, stride: Int, maximumNodata: Double, chipsPerShard: Int, holdout: Double
  ) {
    self.chipSide = chipSide
    self.stride = stride
    self.maximumNodata = maximumNodata
    self.chipsPerShard = chipsPerShard
    self.holdout = holdout
  }
}

/// One run. Statistics are those of the valid pixels under the training chips, each pixel of a
/// scene once: what training sees, and nothing of the evaluation.
package struct Ingest {
  let options: IngestOptions
  let catalog: SceneCatalog
  private let interruption: Interruption
  private let console = Console()

  package init(scenes: [String], options: IngestOptions, interruption: Interruption) throws {
    self.options = options
    self.interruption = interruption
    catalog = try SceneCatalog(SceneInputs.recipes(for: scenes).recipes, chipSide: options.chipSide)
  }

  /// Writes shards and description into a folder.
  package func run(into folder: String) throws -> DatasetDescription {
    let (candidates, windowCount) = try scan()
    guard !candidates.isEmpty else {
      throw IngestError.noChips(
        windows: windowCount, side: options.chipSide, maximumNodata: options.maximumNodata)
    }
    let boxes = PlanningFrame.boxes(
      footprints: candidates.map(\.footprint), corners: candidates.map(\.corners),
      systems: catalog.systems)
    let order = HilbertCurve.sorted(boxes)
    var chips = order.map { candidates[$0] }
    let index = try NeighbourIndex(
      scenes: catalog.scenes.map { IndexedScene(grid: $0.grid, system: $0.system) },
      systems: catalog.systems, side: options.chipSide, stride: options.stride,
      chips: chips.map {
        ChipPlace(scene: $0.scene, column: $0.window.column, row: $0.window.row)
      })
    let neighbours = try chips.indices.map {
      try interruption.check()
      return try index.neighbours(of: $0)
    }
    let roles = try HoldoutArea.roles(
      footprints: order.map { boxes[$0] }, share: options.holdout, touching: index.touching)
    guard roles.contains(.training) else {
      throw IngestError.nothingToTrainOn(chips: chips.count, holdout: options.holdout)
    }
    for index in chips.indices { chips[index].role = roles[index] }

    let training = plans(for: .training, chips, neighbours)
    let holdout = plans(for: .holdout, chips, neighbours)
    var stage = ShardStage(catalog: catalog, chips: chips, neighbours: neighbours)
    let progress = ProgressBar(
      title: "writing shards", total: (training + holdout).reduce(0) { $0 + $1.chips.count },
      unit: "chips", console: console, startingAt: .monotonicNow())
    defer { progress.finish() }
    var done = 0
    func write(_ plans: [ShardPlan], _ name: (Int) -> String) throws -> [ShardDescription] {
      try plans.indices.map {
        try stage.write(plans[$0], named: name($0), in: folder) {
          try interruption.check()
          done += 1
          progress.update(done: done, at: .monotonicNow())
        }
      }
    }
    let trainingShards = try write(training, ShardNames.training)
    let holdoutShards = try write(holdout, ShardNames.holdout)
    let description = DatasetDescription(
      chipSide: options.chipSide, stride: options.stride, pixelType: catalog.layout.pixelType,
      bands: bands(stage.statistics), referenceSystems: catalog.references,
      scenes: scenes(chips),
      trainingShards: trainingShards, holdoutShards: holdoutShards,
      summary: summary(
        of: chips, neighbours, windowCount: windowCount, shards: training + holdout,
        bytesOut: (trainingShards + holdoutShards).reduce(0) { $0 + $1.bytes }))
    try Files.writeDurably(try description.json(), to: folder + "/" + Dataset.descriptionName)
    return description
  }

  /// The windows with enough valid pixels, scene by scene, and the number of all.
  private func scan() throws -> ([PlannedChip], Int) {
    let progress = ProgressBar(
      title: "reading scenes", total: catalog.scenes.reduce(0) { $0 + $1.grid.height },
      unit: "rows",
      console: console, startingAt: .monotonicNow())
    defer { progress.finish() }
    var done = 0
    let scan = ValidityScan(side: options.chipSide, stride: options.stride)
    var chips: [PlannedChip] = []
    var windowCount = 0
    for (index, scene) in catalog.scenes.enumerated() {
      let windows = try scan.windows(of: SceneReader(scene.recipe)) {
        try interruption.check()
        done += $0
        progress.update(done: done, at: .monotonicNow())
      }
      windowCount += windows.count
      for candidate in windows where 1 - candidate.validShare <= options.maximumNodata {
        let window = PixelWindow(
          column: candidate.column, row: candidate.row, width: options.chipSide,
          height: options.chipSide)
        let footprint = scene.grid.footprint(window)
        let transform = catalog.toWGS84[scene.system]
        guard let bounds = transform.bounds(of: footprint),
          let corners = transform.corners(of: footprint)
        else {
          throw IngestError.noBounds(
            scene: scene.recipe.source, column: candidate.column, row: candidate.row)
        }
        chips.append(
          PlannedChip(
            scene: index, window: window, footprint: footprint, bounds: bounds, corners: corners))
      }
    }
    return (chips, windowCount)
  }

  private func plans(
    for role: ChipRole, _ chips: [PlannedChip], _ neighbours: [[NeighbourLink]]
  ) -> [ShardPlan] {
    ShardPlan.plans(
      for: chips.indices.filter { chips[$0].role == role },
      chipsPerShard: options.chipsPerShard, isLinked: { chips[$0].role == role },
      neighbours: { neighbours[$0] })
  }

  private func bands(_ statistics: [RunningStatistics]) -> [BandDescription] {
    statistics.enumerated().map { place, band in
      let source = catalog.bands[place]
      let color = source.color.flatMap { source.name.lowercased().hasPrefix($0) ? nil : $0 }
      return BandDescription(
        name: source.name, count: band.count, mean: band.mean,
        standardDeviation: band.standardDeviation, minimum: band.minimum, maximum: band.maximum,
        color: color, unit: source.unit, wavelength: source.wavelength, scale: source.scale ?? 1,
        offset: source.offset ?? 0)
    }
  }

  private func scenes(_ chips: [PlannedChip]) -> [SceneDescription] {
    var counts = [Int](repeating: 0, count: catalog.scenes.count)
    for chip in chips where chip.role != .dropped { counts[chip.scene] += 1 }
    return zip(catalog.scenes, counts).map { scene, count in
      SceneDescription(
        name: scene.recipe.name, width: scene.grid.width, height: scene.grid.height,
        referenceSystem: scene.system, transform: scene.grid.transform,
        footprint: scene.grid.footprint, corners: scene.corners, acquired: scene.recipe.acquired,
        chips: count)
    }
  }

  private func summary(
    of chips: [PlannedChip], _ neighbours: [[NeighbourLink]], windowCount: Int, shards: [ShardPlan],
    bytesOut: Int
  ) -> IngestSummary {
    var byIoU = [Int](repeating: 0, count: 11)
    for chip in chips.indices where chips[chip].role != .dropped {
      for link in neighbours[chip]
      where link.chip > chip && chips[link.chip].role == chips[chip].role {
        byIoU[min(10, Int((link.intersectionOverUnion * 10).rounded(.up)))] += 1
      }
    }
    return IngestSummary(
      windows: windowCount, droppedForNodata: windowCount - chips.count,
      droppedAtHoldout: chips.count { $0.role == .dropped }, links: byIoU.reduce(0, +),
      linksKept: Self.linksKept(in: shards), linksByIoU: byIoU, bytesIn: catalog.bytes,
      bytesOut: bytesOut)
  }

  /// Pairs of chips that some shard links, each counted once: at the end that comes first in the
  /// dataset.
  private static func linksKept(in shards: [ShardPlan]) -> Int {
    shards.reduce(0) { sum, shard in
      let numbers = shard.chips
      return sum
        + shard.links.indices.reduce(0) { sum, chip in
          sum + shard.links[chip].count { numbers[$0.chip] > numbers[chip] }
        }
    }
  }
}
