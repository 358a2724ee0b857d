// Several datasets as one, and earlier versions of a dataset.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Several datasets as one") struct JoinedDatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A dataset of one training shard, which is there, and one held-out shard, which is not.
  @discardableResult
  private func write(
    _ name: String, _ change: (inout DatasetDescription) -> Void = { _ in }
  ) throws -> Dataset {
    let path = folder.file(name)
    try Files.createFolder(path)
    try ShardSample(.uint16).write(to: path + "/training-00000.shard")
    let shard = try ShardFile(path + "/training-00000.shard")
    let entry = ShardDescription(
      file: "training-00000.shard", chips: 2, borderChips: 1, links: 3, bytes: shard.byteCount,
      digest: try shard.digest())
    var held = entry
    held.file = "holdout-00000.shard"
    var description = DatasetDescription(
      chipSide: 16, stride: 12, pixelType: .uint16,
      bands: [
        BandDescription(
          name: "red", count: 2, mean: 2, standardDeviation: 1, minimum: 1, maximum: 3,
          quantiles: BandQuantiles(
            percent1: 1, percent25: 1, median: 2, percent75: 3, percent99: 3)),
        BandDescription(
          name: "nir", count: 0, mean: 0, standardDeviation: 0, minimum: 0, maximum: 0),
      ],
      referenceSystems: [
        CoordinateReferenceSystem(name: "UTM", authority: nil, wkt: "PROJCRS[…]")
      ],
      scenes: [Self.scene(name, longitude: -54)],
      trainingShards: [entry], holdoutShards: [held],
      summary: IngestSummary(
        windows: 3, droppedForNodata: 0, droppedAtHoldout: 0, links: 2, linksKept: 2,
        linksByIoU: [1], bytesIn: 10, bytesOut: 20))
    change(&description)
    try Files.writeDurably(try description.json(), to: path + "/dataset.json")
    return try Dataset(folder: path)
  }

  /// 0.1° wide, its footprint as far to the east as its longitude says.
  private static func scene(_ name: String, longitude west: Double) -> SceneDescription {
    let left = ((west + 54) * 100_000).rounded()
    func point(_ east: Double, _ latitude: Double) -> GeographicPoint {
      GeographicPoint(longitude: west + east, latitude: latitude)
    }
    return SceneDescription(
      name: name + ".tif", width: 1000, height: 1000, referenceSystem: 0,
      transform: ShardSample.scene.transform,
      footprint: Footprint(left: left, top: 10_000, right: left + 10_000, bottom: 0),
      corners: GeographicCorners(
        upperLeft: point(0, 10), upperRight: point(0.1, 10), lowerRight: point(0.1, 9.9),
        lowerLeft: point(0, 9.9)), chips: 3)
  }

  private func joiningError(_ names: String...) -> String {
    do {
      return "\(try Dataset(folders: names.map { folder.file($0) }).description)"
    } catch { return "\(error)" }
  }

  @Test("Shards are numbered on, each in its folder, and statistics are of all pixels")
  func merged() throws {
    let one = try write("one")
    let two = try write("two") { description in
      description.scenes = [Self.scene("two", longitude: -50)]
      description.bands[0].count = 2
      description.bands[0].mean = 6
      description.bands[0].standardDeviation = 3
      (description.bands[0].minimum, description.bands[0].maximum) = (3, 9)
      description.bands[1].count = 1
      description.bands[1].mean = 7
      (description.bands[1].minimum, description.bands[1].maximum) = (7, 7)
      description.referenceSystems.insert(
        CoordinateReferenceSystem(name: "other", authority: nil, wkt: "GEOGCRS[…]"), at: 0)
      description.scenes[0].referenceSystem = 1
    }
    let joined = try Dataset(folders: [one.folder, two.folder])
    let description = joined.description
    #expect(joined.digest == Digest(of: [one.digest, two.digest]))
    #expect(joined.partDigests == [one.digest, two.digest])
    #expect(description.trainingShards.count == 2 && description.holdoutShards.count == 2)
    #expect(
      description.shardIDs.map { joined.path(of: $0) } == [
        one.folder + "/training-00000.shard", two.folder + "/training-00000.shard",
        one.folder + "/holdout-00000.shard", two.folder + "/holdout-00000.shard",
      ])
    #expect(joined.presentShards == [ShardID(0), ShardID(1)])
    #expect(try joined.openShard(ShardID(1)).path == two.folder + "/training-00000.shard")
    #expect(
      throws: DatasetError.missingShard(folder: two.folder, file: "holdout-00000.shard")
    ) { try joined.openShard(ShardID(3)) }
    // Of 1, 3 and 3, 9: mean 4, squares 9 + 1 + 1 + 25 over 4.
    let red = description.bands[0]
    #expect(red.count == 4 && red.mean == 4 && red.standardDeviation == 3)
    #expect(red.minimum == 1 && red.maximum == 9 && red.quantiles == nil)
    let infrared = description.bands[1]
    #expect(infrared.count == 1 && infrared.mean == 7 && infrared.minimum == 7)
    #expect(description.referenceSystems.map(\.name) == ["UTM", "other"])
    #expect(description.scenes.map(\.referenceSystem) == [0, 0])
    #expect(description.summary.windows == 6 && description.summary.linksByIoU == [2])
  }

  @Test("One folder is that dataset, to the last bit")
  func alone() throws {
    let one = try write("one")
    let joined = try Dataset(folders: [one.folder])
    #expect(joined.description == one.description && joined.digest == one.digest)
  }

  @Test("Datasets that could train on each other's held-out chips are refused with what to do")
  func holdout() throws {
    try write("one")
    try write("beside") { $0.scenes = [Self.scene("beside", longitude: -53.8)] }
    try write("touching") { $0.scenes = [Self.scene("touching", longitude: -53.9)] }
    try write("elsewhere") { $0.scenes = [Self.scene("elsewhere", longitude: 120)] }
    try write("other map") { description in
      description.scenes = [Self.scene("other map", longitude: -53.95)]
      description.referenceSystems[0].wkt = "GEOGCRS[…]"
    }
    try write("nothing held out") { $0.holdoutShards = [] }
    try write("nothing held out either") {
      $0.holdoutShards = []
      $0.stride = 16
    }
    #expect(!joiningError("one", "beside", "elsewhere").contains("cannot be one dataset"))
    for other in ["touching", "other map", "nothing held out"] {
      let error = joiningError("one", other)
      #expect(
        error.contains(
          "cannot be one dataset: one.tif of the one and \(other).tif of the other"),
        "\(error)")
      #expect(
        error.contains("Ingest the scenes of both together, which holds out one area for all"))
    }
    let free = joiningError("nothing held out", "nothing held out either")
    #expect(!free.contains("cannot be one dataset"), "\(free)")
  }

  @Test("Datasets of other bands, chips or values are refused by what differs")
  func unlike() throws {
    try write("one")
    try write("scaled") { $0.bands[1].scale = 0.5 }
    try write("large") { $0.chipSide = 32 }
    #expect(
      joiningError("one", "scaled").contains(
        "band 2 is 'nir' (scale 1.0, offset 0.0, unit unknown) in the one and 'nir' (scale 0.5, "))
    #expect(joiningError("one", "large").contains("2 bands of uint16 in chips of 16 × 16 pixels"))
    #expect(joiningError("one", "one").contains("they are the same dataset"))
  }

  @Test("An earlier version is found by its digest, and one that is not there is named")
  func versions() throws {
    let first = try write("data")
    let path = first.folder
    let text = try Files.readText(path + "/dataset.json")
    try Files.createFolder(path + "/versions")
    try Files.writeDurably(text, to: path + "/versions/\(first.digest).json")
    try Files.writeDurably("notes", to: path + "/versions/README")
    let second = try write("data") { $0.notes = ["more scenes"] }
    #expect(try Dataset(folder: path).digest == second.digest && first.digest != second.digest)
    let found = try Dataset(folder: path, digest: first.digest)
    #expect(found.description == first.description && found.presentShards == [ShardID(0)])
    #expect(try Dataset(folder: path, digest: second.digest).description.notes == ["more scenes"])
    #expect(try Dataset.earlierVersions(folder: path) == [first.digest])
    #expect(
      try Dataset.versions(folders: [path], limit: 9).map(\.digest) == [
        second.digest, first.digest,
      ])
    #expect(try Dataset.versions(folders: [path], limit: 1).map(\.digest) == [second.digest])
    let unknown = Digest(high: 1, low: 2)
    #expect(throws: DatasetError.noVersion(folder: path, digest: unknown)) {
      try Dataset(folder: path, digest: unknown)
    }
    try Files.writeDurably(text, to: path + "/versions/\(unknown).json")
    let error = #expect(throws: DatasetError.self) { try Dataset(folder: path, digest: unknown) }
    #expect("\(error!)".contains("is malformed: its digest is \(first.digest)"))
  }
}

@Suite("Normalisation") struct NormalizationTests {
  private let quantiles = BandQuantiles(
    percent1: 0, percent25: 10, median: 20, percent75: 36.98, percent99: 1000)

  private func band(deviation: Double, _ quantiles: BandQuantiles?) -> BandDescription {
    BandDescription(
      name: "b", count: 9, mean: 50, standardDeviation: deviation, minimum: 0, maximum: 2000,
      quantiles: quantiles)
  }

  @Test("By quantiles: the median, and the quartiles' distance over 1.349")
  func robust() throws {
    let found = try Normalization([band(deviation: 300, quantiles)], by: .quantiles)
    #expect(found.mean == [20] && found.standardDeviation == [20])
  }

  @Test("Equal quartiles leave the deviation, and a constant band 1")
  func equalQuartiles() throws {
    var equal = quantiles
    equal.percent75 = 10
    equal.median = 10
    let found = try Normalization(
      [band(deviation: 3, equal), band(deviation: 0, equal)], by: .quantiles)
    #expect(found.mean == [10, 10] && found.standardDeviation == [3, 1])
  }

  @Test("A dataset without quantiles says what to do")
  func missing() {
    let error = #expect(throws: DatasetError.noQuantiles(band: "b")) {
      try Normalization([band(deviation: 1, nil)], by: .quantiles)
    }
    #expect("\(error!)".contains("Use data.normalization: meanAndDeviation"))
  }

  @Test("By mean and deviation nothing changes")
  func plain() throws {
    let bands = [band(deviation: 3, quantiles), band(deviation: 0, nil)]
    #expect(try Normalization(bands, by: .meanAndDeviation) == Normalization(bands))
  }
}
