// The description of a dataset, and opening what it describes.

import Basics
import Examination
import Imagery
import TestSupport
import Testing

@Suite("Datasets") struct DatasetTests {
  private let folder: TemporaryFolder
  private let description: DatasetDescription

  init() throws {
    folder = try TemporaryFolder()
    try ShardSample(.uint16).write(to: folder.file("training-00000.shard"))
    let shard = try ShardFile(folder.file("training-00000.shard"))
    let entry = ShardDescription(
      file: "training-00000.shard", chips: 2, borderChips: 1, links: 3, bytes: shard.byteCount,
      digest: try shard.digest())
    var absent = entry
    absent.file = "training-00001.shard"
    var held = entry
    held.file = "holdout-00000.shard"
    description = DatasetDescription(
      chipSide: 16, stride: 12, pixelType: .uint16,
      bands: [
        BandDescription(
          name: "red", count: 511, mean: 1234.5678, standardDeviation: 12.3, minimum: 1000,
          maximum: 2000),
        BandDescription(
          name: "near infrared", count: 511, mean: 7, standardDeviation: 0, minimum: 7, maximum: 7),
      ],
      referenceSystems: [
        CoordinateReferenceSystem(
          name: "WGS 84 / UTM zone 21N", authority: "EPSG:32621", wkt: "PROJCRS[…]")
      ],
      scenes: [
        SceneDescription(
          name: "scene.tif", width: 48, height: 16, referenceSystem: 0,
          transform: ShardSample.scene.transform,
          footprint: Footprint(left: 0, top: 1000, right: 480, bottom: 840),
          corners: ShardSample.corners, chips: 3)
      ],
      trainingShards: [entry, absent], holdoutShards: [held],
      summary: IngestSummary(
        windows: 3, droppedForNodata: 0, droppedAtHoldout: 0, links: 2, linksKept: 2,
        linksByIoU: [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], bytesIn: 1536, bytesOut: 12_345_678))
    try Files.writeDurably(try description.json(), to: folder.file("dataset.json"))
  }

  private func rewrite(_ change: (inout DatasetDescription) -> Void) throws {
    var changed = description
    change(&changed)
    try Files.writeDurably(try changed.json(), to: folder.file("dataset.json"))
  }

  private func openingError() -> String {
    do {
      _ = try Dataset(folder: folder.path)
      return "none"
    } catch { return "\(error)" }
  }

  @Test("A description comes back as it was, with its digest")
  func roundTrip() throws {
    let dataset = try Dataset(folder: folder.path)
    #expect(dataset.description == description)
    #expect(dataset.digest == Digest(of: try description.json()))
    #expect(dataset.layout == ChipLayout(side: 16, bandCount: 2, pixelType: .uint16))
    #expect(description.trainingChips == 4 && description.holdoutChips == 2)
  }

  @Test("Any change to the description changes the digest, and its layout as text does not")
  func digest() throws {
    let before = try Dataset(folder: folder.path).digest
    try Files.writeDurably(
      try description.json().replacing("\n", with: " "), to: folder.file("dataset.json"))
    #expect(try Dataset(folder: folder.path).digest == before)
    try rewrite { $0.trainingShards[1].digest = Digest(high: 1, low: 2) }
    #expect(try Dataset(folder: folder.path).digest != before)
  }

  @Test("A machine may hold some of the shards")
  func presentShards() throws {
    let dataset = try Dataset(folder: folder.path)
    #expect(dataset.presentShards == [ShardID(0)])
    #expect(try dataset.openShard(ShardID(0)).chips.count == 3)
    #expect(
      throws: DatasetError.missingShard(folder: folder.path, file: "training-00001.shard")
    ) { try dataset.openShard(ShardID(1)) }
    #expect(
      throws: DatasetError.missingShard(folder: folder.path, file: "holdout-00000.shard")
    ) { try dataset.openShard(dataset.description.holdoutShard(0)) }
  }

  @Test("A shard that is not the one described is refused")
  func otherShard() throws {
    try ShardSample(.int16).write(to: folder.file("training-00000.shard"))
    let other = try ShardFile(folder.file("training-00000.shard"))
    try rewrite { $0.trainingShards[0].bytes = other.byteCount }
    let dataset = try Dataset(folder: folder.path)
    #expect(
      throws: ShardError.differsFromDataset(
        path: folder.path + "/training-00000.shard", what: "pixel type", expected: "uint16",
        found: "int16")
    ) { try dataset.openShard(ShardID(0)) }
    try rewrite { $0.trainingShards[0].bytes = 5 }
    let error = #expect(throws: ShardError.self) {
      try Dataset(folder: folder.path).openShard(ShardID(0))
    }
    #expect("\(error!)".contains("is not the shard that dataset.json describes: its size in bytes"))
  }

  @Test("A folder without dataset.json is no dataset, and the message says how to make one")
  func noDescription() throws {
    try Files.remove(folder.file("dataset.json"))
    #expect(openingError().contains("is not a dataset: it has no dataset.json. Make one with"))
  }

  @Test("A description of another version says which")
  func version() throws {
    try rewrite { $0.formatVersion = 1 }
    #expect(
      openingError().hasSuffix(
        "is of format version 1; this program reads version 2. Make the dataset again with this "
          + "release's terrane-ingest, for which the scenes are enough; a run that began with the old "
          + "one goes on with the release that it began with."))
  }

  @Test("A broken description is an error that says where")
  func broken() throws {
    let text = try description.json()
    for (old, new, expected) in [
      ("\"chipSide\" : 16", "\"chipSide\" : \"big\"", "chipSide"),
      ("\"stride\" : 12,", "", "stride is missing"),
      ("\"digest\" : \"", "\"digest\" : \"x", "is not a digest of 32 hexadecimal digits"),
      ("}", "", "cannot be read"),
    ] {
      try Files.writeDurably(
        text.replacing(old, with: new), to: folder.file("dataset.json"))
      #expect(openingError().contains(expected), "\(openingError())")
    }
  }

  @Test("A description that makes no sense is refused")
  func malformed() throws {
    let changes: [(inout DatasetDescription) -> Void] = [
      { $0.chipSide = 0 }, { $0.bands = [] }, { $0.bands[0].standardDeviation = -1 },
      { $0.trainingShards = [] }, { $0.trainingShards[0].file = "../elsewhere.shard" },
      { $0.trainingShards[0].file = "" }, { $0.holdoutShards[0].chips = -1 },
      { $0.trainingShards[0].borderChips = Int.max }, { $0.holdoutShards[0].bytes = 0 },
      { $0.bands[0].scale = 0 }, { $0.bands[0].count = -1 }, { $0.scenes[0].referenceSystem = 1 },
      {
        $0.bands[0].quantiles = BandQuantiles(
          percent1: 1, percent25: 3, median: 2, percent75: 4, percent99: 5)
      },
    ]
    for change in changes {
      try rewrite(change)
      #expect(openingError().contains("dataset.json is malformed: "), "\(openingError())")
    }
  }

  @Test("A dataset in a few lines")
  func inspection() throws {
    let dataset = try Dataset(folder: folder.path)
    #expect(
      dataset.inspection(all: false) == """
        dataset \(folder.path)
          chips   4 for training in 2 shards, 2 held out in 1 shard
          pixels  16 × 16, 2 bands of uint16, a chip every 12 pixels
          bands   red            mean 1235  deviation 12.3  from 1000 to 2000
                  near infrared     mean 7     deviation 0  from 7 to 7
          links   2 between neighbours, 2 kept in shards
          map     WGS 84 / UTM zone 21N (EPSG:32621)
          scenes  scene.tif, 48 × 16 pixels, 3 chips
          size    12 MiB in shards
          digest  \(dataset.digest)

        """)
  }

  @Test("Meanings, quantiles, maps, dates, notes and earlier versions have their lines")
  func fullInspection() throws {
    try Files.createFolder(folder.file("versions"))
    try Files.writeDurably("{}", to: folder.file("versions/\(Digest(high: 1, low: 2)).json"))
    try rewrite { description in
      description.bands[0] = BandDescription(
        name: "r\u{1B}[2J", count: 9, mean: 0.04537, standardDeviation: 2.3e28, minimum: -1e-7,
        maximum: 65535, unit: "reflectance", wavelength: 0.665, scale: 0.0001, offset: -0.1,
        quantiles: BandQuantiles(
          percent1: 1, percent25: 2, median: 3.25, percent75: 4, percent99: 1e12))
      description.referenceSystems = (1...7).map {
        CoordinateReferenceSystem(name: "zone \($0)", authority: nil, wkt: "…")
      }
      description.scenes[0].name = "a\nb.tif"
      description.scenes[0].acquired = AcquisitionTime("2020-05-18T13:52:11Z")
      description.scenes.append(description.scenes[0])
      description.scenes[1].acquired = AcquisitionTime("2019-01-02")
      description.scenes.append(description.scenes[0])
      description.scenes[2].acquired = nil
      description.notes = ["a.tif and b.tif are equal"]
    }
    let lines = try Dataset(folder: folder.path).inspection(all: false).split(separator: "\n")
    func row(_ name: String) -> String {
      lines.first { $0.hasPrefix("  \(name) ") }.map { String($0.dropFirst(10)) } ?? "none"
    }
    #expect(
      row("bands").split(separator: " ").joined(separator: " ")
        == "r\\u{1B}[2J mean 0.04537 deviation 2.3e+28 from -1e-07 to 65535, times 0.0001 minus 0.1 "
        + "is reflectance, at 0.665 µm")
    #expect(
      row("spread").split(separator: " ").joined(separator: " ")
        == "r\\u{1B}[2J 1 % below 1 25 % below 2 50 % below 3.25 75 % below 4 99 % below 1e+12")
    #expect(row("maps") == "zone 1" && lines.contains { $0.contains("and 2 more, 7 in all") })
    #expect(row("scenes") == "a\\nb.tif, 48 × 16 pixels, 3 chips")
    #expect(row("dates") == "2019-01-02 to 2020-05-18T13:52:11Z; 1 scene without a date")
    #expect(row("notes") == "a.tif and b.tif are equal")
    #expect(row("before") == "\(Digest(high: 1, low: 2))")
  }

  @Test("Of thousands of scenes the first are named, with their number and extent")
  func manyScenes() throws {
    try rewrite { description in
      description.scenes = (0..<5000).map { index in
        let left = Double(index) * 480
        return SceneDescription(
          name: "scene-\(index).tif", width: 48, height: 16, referenceSystem: 0,
          transform: ShardSample.scene.transform,
          footprint: Footprint(left: left, top: 1000, right: left + 480, bottom: 840),
          corners: ShardSample.corners, chips: 1)
      }
    }
    let dataset = try Dataset(folder: folder.path)
    let lines = dataset.inspection(all: false).split(separator: "\n").map(String.init)
    #expect(lines.count == 16)
    #expect(
      lines[7...13] == [
        "  scenes  scene-0.tif, 48 × 16 pixels, 1 chip",
        "          scene-1.tif, 48 × 16 pixels, 1 chip",
        "          scene-2.tif, 48 × 16 pixels, 1 chip",
        "          scene-3.tif, 48 × 16 pixels, 1 chip",
        "          scene-4.tif, 48 × 16 pixels, 1 chip", "          and 4,995 more, 5,000 in all",
        "  extent  x from 0 to 2400000, y from 840 to 1000",
      ])
    #expect(dataset.inspection(all: true).contains("\n          scene-4999.tif, "))
  }

  @Test("A description without colours and units reads and has the digest it had")
  func optionalFields() throws {
    let text = try Files.readText(folder.file("dataset.json"))
    #expect(!text.contains("color") && !text.contains("unit"))
    try rewrite { ($0.bands[0].color, $0.bands[0].unit) = ("red", "K") }
    let dataset = try Dataset(folder: folder.path)
    #expect(dataset.description.bands[0].color == "red")
    #expect(dataset.inspection(all: false).contains(" to 2000 K\n"))
  }

  @Test("A shard in a few lines")
  func shardInspection() throws {
    let path = folder.file("training-00000.shard")
    let shard = try ShardFile(path)
    // 3 chips of 1024 bytes: the last one is noise and stored, the first two shrink to some dozen
    // bytes each.
    let stored = (0..<3).reduce(0) { $0 + shard.storedBytes(of: $1) }
    #expect(
      try shard.inspection(all: false) == """
        shard \(path)
          chips   2, and 1 border copy; 1 with invalid pixels
          pixels  16 × 16, 2 bands of uint16
          links   3, 1 of them between different maps
          scenes  scene.tif
          size    \(HumanFormat.bytes(shard.byteCount)); payloads are \
        \((stored * 100 + 1536) / 3072) % of the pixels
          digest  \(try shard.digest())

        """)
  }
}
