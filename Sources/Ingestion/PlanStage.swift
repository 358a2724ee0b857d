// The second stage: the order of the chips, their neighbours, the held-out area and the shards. No
// pixels. Holds about 100 bytes a chip, besides what the search for neighbours holds.

import Basics
import Imagery
import Maps

/// Plans the dataset from all tables of the scan.
struct PlanStage {
  let catalog: SceneCatalog
  let options: IngestOptions
  let work: WorkFolder
  /// What the names of shards begin with.
  let shardPrefix: String
  /// Called often; what it throws ends the stage.
  let check: () throws -> Void

  /// - Throws: `IngestError` where scans are missing and where nothing is left to train on.
  func run() throws {
    let (all, scans) = try chips()
    let scanned = try awayFromAvoided(all)
    guard !scanned.isEmpty else {
      throw IngestError.noChips(
        windows: scans.reduce(0) { $0 + $1.windows }, side: options.chipSide,
        maximumNodata: options.maximumNodata,
        reasons: DatasetNotes.scenesWithoutChips(catalog, scans))
    }
    let boxes = try ChipLinks.boxes(of: scanned, catalog)
    let order = HilbertCurve.sorted(boxes)
    let chips = order.map { scanned[$0] }
    let links = try ChipLinks(
      catalog, chips, boxes: order.map { boxes[$0] }, stride: options.stride,
      check: check)
    let roles = try links.roles(holdout: options.holdout)
    guard roles.contains(.training) else {
      throw IngestError.nothingToTrainOn(chips: chips.count, holdout: options.holdout)
    }
    var plan = DatasetPlan()
    plan.droppedAsAvoided = all.count - scanned.count
    for scan in scans {
      plan.windows += scan.windows
      plan.droppedForNodata += scan.droppedForNodata
      plan.droppedAsConstant += scan.droppedConstant
    }
    plan.droppedAtHoldout = roles.count { $0 == .dropped }
    plan.chips = [Int](repeating: 0, count: catalog.scenes.count)
    for (chip, role) in zip(chips, roles) where role != .dropped {
      plan.chips[Int(chip.scene)] += 1
    }
    func writeSections(_ file: FileWriter) throws {
      for role in [ChipRole.training, .holdout] {
        try write(role, chips, roles, links, &plan, file)
      }
    }
    if work.isDurable {
      try Files.writeDurably(to: work.planSections, writeSections)
    } else {
      try Files.writeSoon(to: work.planSections, writeSections)
    }
    try WorkFolder.encode(plan, to: work.plan, isDurable: work.isDurable)
  }

  /// Whether an earlier run has planned, and nothing has happened to the plan since.
  static func isDone(_ work: WorkFolder) -> Bool {
    guard Files.exists(work.plan), Files.exists(work.planSections),
      let plan = try? WorkFolder.decode(DatasetPlan.self, work.plan),
      let sections = try? MappedFile(work.planSections)
    else { return false }
    return sections.withBytes { bytes in
      plan.shards.allSatisfy { $0.section(in: bytes) != nil }
    }
  }

  /// All chips in the order of the scenes and their windows, and what else the scan found.
  private func chips() throws -> ([ScannedChip], [SceneScan]) {
    var chips: [ScannedChip] = []
    var scans: [SceneScan] = []
    for report in try Self.reports(catalog, work) {
      chips += try ChipTable.read(
        work.table(report.batch), count: report.found.chips,
        scenes: catalog.batches[report.batch])
      scans += report.found.scenes
      try check()
    }
    return (chips, scans)
  }

  /// - Throws: `IngestError.stageMissing` unless every batch is scanned.
  static func reports(
    _ catalog: SceneCatalog, _ work: WorkFolder
  ) throws -> [(batch: Int, found: ScanReport)] {
    let batches = catalog.batches
    let missing = batches.indices.count { !Files.exists(work.report($0)) }
    guard missing == 0 else {
      throw IngestError.stageMissing(
        path: work.path, stage: IngestStage.scan.rawValue, missing: missing)
    }
    return try batches.indices.map { batch in
      let report = try WorkFolder.decode(ScanReport.self, work.report(batch))
      guard report.scenes.map(\.scene) == Array(batches[batch]) else {
        throw IngestError.damagedWork(path: work.report(batch), what: "it is of other scenes")
      }
      return (batch, report)
    }
  }

  /// The chips that keep their distance from the places that are to be avoided.
  private func awayFromAvoided(_ chips: [ScannedChip]) throws -> [ScannedChip] {
    guard let avoided = options.avoided else { return chips }
    let area = try AvoidedArea(path: avoided.path, distance: avoided.distance)
    var transforms = CatalogTransforms(catalog.header.references)
    let kept = try chips.filter { chip in
      try check()
      return try !area.isNear(try transforms.corners(of: chip, catalog))
    }
    guard chips.isEmpty || !kept.isEmpty else {
      throw IngestError.allAvoided(chips: chips.count, path: avoided.path)
    }
    return kept
  }

  /// Writes the sections of the shards for one role.
  private func write(
    _ role: ChipRole, _ chips: [ScannedChip], _ roles: [ChipRole], _ links: ChipLinks,
    _ plan: inout DatasetPlan, _ file: FileWriter
  ) throws {
    let own = ShardPlan.cuts(
      of: chips.indices.filter { roles[$0] == role }, chipsPerShard: options.chipsPerShard)
    for (index, own) in own.enumerated() {
      let shard = try ShardPlan(
        own: Array(own), isLinked: { roles[$0] == role },
        neighbours: links.neighbours)
      let numbers = shard.chips
      var section = ShardSection()
      section.ids = numbers
      section.chips = numbers.map { chips[$0] }
      section.ownCount = own.count
      section.links = Array(shard.links.prefix(own.count))
      section.earlier = own.map { _ in [] }
      for (place, number) in own.enumerated() {
        for link in section.links[place] {
          let other = numbers[link.chip]
          if other > number {
            plan.linksKept += 1
            plan.linksByIoU[min(10, Int((link.intersectionOverUnion * 10).rounded(.up)))] += 1
          } else if role == .training, chips[other].scene == chips[number].scene {
            section.earlier[place].append(
              WindowPlace(column: Int(chips[other].column), row: Int(chips[other].row)))
          }
        }
      }
      var writer = LittleEndianWriter()
      section.write(to: &writer)
      let name =
        shardPrefix
        + (role == .training ? ShardNames.training(index) : ShardNames.holdout(index))
      plan.shards.append(
        DatasetPlan.Shard(
          name: name, isForTraining: role == .training, offset: file.byteCount,
          bytes: writer.bytes.count, digest: writer.bytes.withUnsafeBytes { Digest(of: $0) }))
      try file.write(writer.bytes)
    }
  }
}
