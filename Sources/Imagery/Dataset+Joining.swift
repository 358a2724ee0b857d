// Several datasets as one: their shards in one numbering, their statistics merged. What one of them
// holds out must not be trained on in another, and dataset.json tells where scenes lie but not
// where held-out chips do: datasets whose scenes may touch are refused where one of them holds
// chips out.

import Basics

extension Dataset {
  /// Opens one dataset, or several of the same bands, chip side and type as one. Its training
  /// shards are those of the first, then those of the second, and so on; those held out likewise.
  /// - Parameters:
  ///   - folders: at least one.
  ///   - digests: which version of each to open; nil for the newest ones.
  /// - Throws: `DatasetError`, `FileError`.
  public init(folders: [String], digests: [Digest]? = nil) throws {
    precondition(!folders.isEmpty)
    var parts: [Dataset] = []
    for (place, folder) in folders.enumerated() {
      if let digest = digests.flatMap({ $0.indices.contains(place) ? $0[place] : nil }) {
        parts.append(try Dataset(folder: folder, digest: digest))
      } else {
        parts.append(try Dataset(folder: folder))
      }
    }
    self = try Dataset.joined(parts)
  }

  /// The newest version of what `init(folders:)` opens, then earlier ones: those of each folder
  /// with those of the others. Earlier ones that cannot be read are passed over.
  /// - Parameters:
  ///   - folders: of the datasets, in their order.
  ///   - limit: how many at most.
  /// - Throws: what is wrong with the newest one.
  public static func versions(folders: [String], limit: Int) throws -> [Dataset] {
    let newest = try Dataset(folders: folders)
    var choices: [[Digest]] = [[]]
    for (folder, digest) in zip(folders, newest.partDigests) {
      let digests = [digest] + (try earlierVersions(folder: folder)).filter { $0 != digest }
      choices = Array(
        choices.flatMap { start in digests.map { start + [$0] } }.prefix(limit))
    }
    let earlier = choices.dropFirst().compactMap { try? Dataset(folders: folders, digests: $0) }
    return [newest] + earlier
  }

  /// - Precondition: there is at least one.
  static func joined(_ parts: [Dataset]) throws -> Dataset {
    if parts.count == 1 { return parts[0] }
    for (place, part) in parts.enumerated() {
      for other in parts[..<place] {
        try part.checkLikeness(to: other)
        try part.checkSeparation(from: other)
      }
    }
    var merged = parts[0].description
    for part in parts[1...] { merged.append(part.description) }
    let training = parts.flatMap { part in
      part.description.trainingShards.map { _ in part.folder }
    }
    let heldOut = parts.flatMap { part in part.description.holdoutShards.map { _ in part.folder } }
    return Dataset(merging: parts, as: merged, shardFolders: training + heldOut)
  }

  /// - Throws: `DatasetError.different` where chips of both cannot be a model's input alike.
  private func checkLikeness(to other: Dataset) throws {
    func different(_ what: String) -> DatasetError {
      .different(folder: other.folder, other: folder, what: what)
    }
    if digest == other.digest { throw different("they are the same dataset") }
    let (a, b) = (other.layout, layout)
    guard a == b else {
      func text(_ layout: ChipLayout) -> String {
        "\(HumanFormat.counted(layout.bandCount, "band")) of \(layout.pixelType.rawValue) in chips "
          + "of \(layout.side) × \(layout.side) pixels"
      }
      throw different("the one has \(text(a)), the other \(text(b))")
    }
    let bands = zip(other.description.bands, description.bands).enumerated()
    for (place, (band, otherBand)) in bands where band.meaning != otherBand.meaning {
      throw different(
        "band \(place + 1) is \(Self.text(band)) in the one and \(Self.text(otherBand)) in the other"
      )
    }
  }

  private static func text(_ band: BandDescription) -> String {
    let wavelength = band.wavelength.map { ", wavelength \($0) µm" } ?? ""
    return "'\(band.name.visible)' (scale \(band.scale), offset \(band.offset), unit "
      + "\((band.unit ?? "unknown").visible)\(wavelength))"
  }

  /// - Throws: `DatasetError.mayOverlap`.
  private func checkSeparation(from other: Dataset) throws {
    let holdsOut = [self, other].contains { !$0.description.holdoutShards.isEmpty }
    guard holdsOut else { return }
    let touching = SceneExtents(other.description).firstTouching(description)
    guard let (scene, otherScene) = touching else { return }
    throw DatasetError.mayOverlap(
      folder: other.folder, scene: other.description.scenes[scene].name, other: folder,
      otherScene: description.scenes[otherScene].name)
  }
}

extension DatasetDescription {
  /// Adds another dataset of the same bands.
  fileprivate mutating func append(_ other: DatasetDescription) {
    let places = other.referenceSystems.map { system in
      if let place = referenceSystems.firstIndex(of: system) { return place }
      referenceSystems.append(system)
      return referenceSystems.count - 1
    }
    scenes += other.scenes.map { scene in
      var scene = scene
      scene.referenceSystem = places[scene.referenceSystem]
      return scene
    }
    bands = zip(bands, other.bands).map { $0.merged(with: $1) }
    trainingShards += other.trainingShards
    holdoutShards += other.holdoutShards
    summary.append(other.summary)
    notes += other.notes
  }
}

extension BandDescription {
  /// The statistics over the pixels of both. Quantiles do not follow from those of the parts.
  fileprivate func merged(with other: BandDescription) -> BandDescription {
    var statistics = RunningStatistics(self)
    statistics.merge(RunningStatistics(other))
    var merged = self
    merged.count = statistics.count
    merged.mean = statistics.mean
    merged.standardDeviation = statistics.standardDeviation
    // JSON has no infinity for the extremes of no pixels.
    if statistics.count > 0 {
      (merged.minimum, merged.maximum) = (statistics.minimum, statistics.maximum)
    }
    merged.quantiles = nil
    return merged
  }
}

extension RunningStatistics {
  fileprivate init(_ band: BandDescription) {
    self.init(
      count: band.count, mean: band.mean, standardDeviation: band.standardDeviation,
      minimum: band.minimum, maximum: band.maximum)
  }
}

extension IngestSummary {
  fileprivate mutating func append(_ other: IngestSummary) {
    windows &+= other.windows
    droppedForNodata &+= other.droppedForNodata
    droppedAtHoldout &+= other.droppedAtHoldout
    links &+= other.links
    linksKept &+= other.linksKept
    linksByIoU = (0..<max(linksByIoU.count, other.linksByIoU.count)).map { bin in
      [linksByIoU, other.linksByIoU].reduce(0) {
        $0 &+ ($1.indices.contains(bin) ? $1[bin] : 0)
      }
    }
    bytesIn &+= other.bytesIn
    bytesOut &+= other.bytesOut
  }
}
