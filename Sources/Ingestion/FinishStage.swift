// The last stage: merges the statistics in the order of the chips, and describes the dataset.

import Basics
import Imagery
import Scenes

/// Makes `dataset.json` of what the other stages left.
struct FinishStage {
  let catalog: SceneCatalog
  let plan: DatasetPlan
  let options: IngestOptions
  let work: WorkFolder
  let parallel: ParallelWork

  /// Statistics of all shards.
  private struct Merged {
    var bands: [RunningStatistics]
    var histograms: [ValueHistogram]
    /// Of each scene, of each band; empty for a scene without training chips.
    var byScene: [[RunningStatistics]]
    var shards: [ShardDescription] = []
  }

  /// - Throws: `IngestError.stageMissing` unless every shard is written.
  func run() throws -> DatasetDescription {
    let missing = plan.shards.count { !Files.exists(work.statistics($0.name)) }
    guard missing == 0 else {
      throw IngestError.stageMissing(
        path: work.path, stage: IngestStage.write.rawValue, missing: missing)
    }
    let scans = try PlanStage.reports(catalog, work).flatMap(\.found.scenes)
    let merged = try merge()
    let bands = bands(merged)
    let training = plan.shards.indices.filter { plan.shards[$0].isForTraining }
    let holdout = plan.shards.indices.filter { !plan.shards[$0].isForTraining }
    let description = DatasetDescription(
      chipSide: options.chipSide, stride: options.stride, pixelType: catalog.layout.pixelType,
      bands: bands, referenceSystems: catalog.header.references, scenes: scenes(),
      trainingShards: training.map { merged.shards[$0] },
      holdoutShards: holdout.map { merged.shards[$0] },
      summary: IngestSummary(
        windows: plan.windows, droppedForNodata: plan.droppedForNodata,
        droppedAsConstant: plan.droppedAsConstant, droppedAsAvoided: plan.droppedAsAvoided,
        droppedAtHoldout: plan.droppedAtHoldout,
        links: plan.linksByIoU.reduce(0, +), linksKept: plan.linksKept,
        linksByIoU: plan.linksByIoU, bytesIn: catalog.scenes.reduce(0) { $0 + $1.bytes },
        bytesOut: merged.shards.reduce(0) { $0 + $1.bytes }),
      notes: avoidedNotes()
        + DatasetNotes.notes(
          catalog, scans, bands: bands, histograms: merged.histograms, byScene: merged.byScene))
    try write(description)
    return description
  }

  private func write(_ description: DatasetDescription) throws {
    let sources = DatasetSources(
      options: options, recipes: catalog.scenes.map(\.recipe), stamps: catalog.scenes.map(\.stamps))
    let texts = (description: try description.json(), sources: try sources.text())
    let files = [
      (DatasetSources.fileName, texts.sources), (Dataset.descriptionName, texts.description),
    ]
    for (name, text) in files {
      try Files.writeSoon(to: work.path + "/" + name) { try $0.write(Array(text.utf8)) }
    }
    try synchronize(files.map(\.0) + (work.isDurable ? [] : plan.shards.map(\.name)))
    try WorkFolder.encode(
      WholeDataset(
        description: Digest(of: texts.description), sources: Digest(of: texts.sources)),
      to: work.whole, isDurable: true)
  }

  /// Returns when files of the dataset and their names are on the disk.
  private func synchronize(_ names: [String]) throws {
    try parallel.forEach(names.count) { try Files.synchronize(work.path + "/" + names[$0]) }
    try Files.synchronize(work.path)
  }

  private func merge() throws -> Merged {
    let bandCount = catalog.layout.bandCount
    var merged = Merged(
      bands: Array(repeating: RunningStatistics(), count: bandCount),
      histograms: (0..<bandCount).map { _ in ValueHistogram(catalog.layout.pixelType) },
      byScene: Array(repeating: [], count: catalog.scenes.count))
    for shard in plan.shards {
      let path = work.statistics(shard.name)
      let statistics = try ShardStatistics(path, catalog.layout)
      merged.shards.append(statistics.shard)
      for chip in statistics.chips {
        guard merged.byScene.indices.contains(chip.scene) else {
          throw IngestError.damagedWork(path: path, what: "a chip of no scene")
        }
        if merged.byScene[chip.scene].isEmpty {
          merged.byScene[chip.scene] = Array(repeating: RunningStatistics(), count: bandCount)
        }
        for band in 0..<bandCount {
          merged.bands[band].merge(chip.bands[band])
          merged.byScene[chip.scene][band].merge(chip.bands[band])
        }
      }
      for (band, histogram) in statistics.histograms.enumerated() where band < bandCount {
        merged.histograms[band].merge(histogram)
      }
    }
    return merged
  }

  private func bands(_ merged: Merged) -> [BandDescription] {
    merged.bands.enumerated().map { place, band in
      let source = catalog.header.bands[place]
      let meaning = catalog.meanings[place]
      let color = source.color.flatMap { source.name.lowercased().hasPrefix($0) ? nil : $0 }
      return BandDescription(
        name: source.name, count: band.count, mean: band.mean,
        standardDeviation: band.standardDeviation, minimum: band.minimum, maximum: band.maximum,
        color: color, unit: source.unit, wavelength: source.wavelength, scale: meaning.scale,
        offset: meaning.offset,
        quantiles: merged.histograms[place].quantiles()?.within(band.minimum...band.maximum))
    }
  }

  /// Which distance was kept, for whoever tests on those places.
  private func avoidedNotes() -> [String] {
    guard let avoided = options.avoided else { return [] }
    let name = Files.name(of: avoided.path)
    return [
      "no chip lies within \(Int(avoided.distance.rounded())) m of the features of \(name); "
        + "\(HumanFormat.counted(plan.droppedAsAvoided, "window")) "
        + "\(plan.droppedAsAvoided == 1 ? "is" : "are") dropped for it"
    ]
  }

  private func scenes() -> [SceneDescription] {
    zip(catalog.scenes, plan.chips).map { scene, count in
      SceneDescription(
        name: scene.recipe.name, width: scene.grid.width, height: scene.grid.height,
        referenceSystem: scene.system, transform: scene.grid.transform,
        footprint: scene.grid.footprint, corners: scene.corners, acquired: scene.recipe.acquired,
        chips: count)
    }
  }
}

extension BandQuantiles {
  /// What is interpolated does not lie outside of what there is.
  fileprivate func within(_ range: ClosedRange<Double>) -> BandQuantiles {
    func clamped(_ value: Double) -> Double {
      min(max(value, range.lowerBound), range.upperBound)
    }
    return BandQuantiles(
      percent1: clamped(percent1), percent25: clamped(percent25), median: clamped(median),
      percent75: clamped(percent75), percent99: clamped(percent99))
  }
}
