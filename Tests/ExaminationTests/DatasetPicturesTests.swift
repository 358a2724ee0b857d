// Pictures of datasets on disk: what is read of them, and what is refused.

import Basics
import Examination
import Imagery
import Pictures
import TestSupport
import Testing

/// A dataset of chips in a row, eight pixels on a side: six for training in two shards, two of each
/// of three scenes, and two held out; each linked to the next.
private struct RowDataset {
  let scratch: TemporaryFolder
  var folder: String { scratch.file("row") }
  static let side = 8

  static func point(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
    GeographicPoint(longitude: longitude, latitude: latitude)
  }

  static func corners(_ chip: Int) -> GeographicCorners {
    let west = 10 + 0.1 * Double(chip)
    return GeographicCorners(
      upperLeft: point(west, 50), upperRight: point(west + 0.1, 50),
      lowerRight: point(west + 0.1, 49.9), lowerLeft: point(west, 49.9))
  }

  static let transform = AffineTransform(
    originX: 0, columnX: 1, rowX: 0, originY: 0, columnY: 0, rowY: -1)
  static let footprint = Footprint(left: 0, top: 0, right: 1, bottom: -1)

  init(bands: Int = 3, quantiles: BandQuantiles? = nil, chips: [[Int]] = [[0, 1, 2], [3, 4, 5]])
    throws
  {
    scratch = try TemporaryFolder()
    try Files.createFolder(folder)
    let layout = ChipLayout(side: Self.side, bandCount: bands, pixelType: .uint8)!
    let training = try chips.enumerated().map {
      try Self.shard("training-\($0).shard", $1, layout, in: folder)
    }
    let heldOut = [try Self.shard("holdout-0.shard", [6, 7], layout, in: folder)]
    let text = try DatasetDescription(
      chipSide: Self.side, stride: Self.side, pixelType: .uint8,
      bands: (0..<bands).map {
        BandDescription(
          name: "band \($0 + 1)", count: 1, mean: 100, standardDeviation: 50, minimum: 0,
          maximum: 255, quantiles: quantiles)
      },
      referenceSystems: [CoordinateReferenceSystem(name: "m", authority: nil, wkt: "m")],
      scenes: (0..<4).map { scene in
        SceneDescription(
          name: "scene \(scene)", width: 16, height: 8, referenceSystem: 0,
          transform: Self.transform, footprint: Self.footprint, corners: Self.corners(2 * scene),
          acquired: AcquisitionTime("2020-05-1\(scene)"), chips: 2)
      }, trainingShards: training, holdoutShards: heldOut,
      summary: IngestSummary(
        windows: 8, droppedForNodata: 0, droppedAtHoldout: 0, links: 6, linksKept: 6,
        linksByIoU: Array(repeating: 0, count: 11), bytesIn: 1, bytesOut: 1)
    ).json()
    try Files.writeDurably(text, to: folder + "/dataset.json")
  }

  /// Chip c is 10 · c in the first band, 20 more in the next, its first pixel invalid.
  private static func shard(
    _ file: String, _ chips: [Int], _ layout: ChipLayout, in folder: String
  ) throws -> ShardDescription {
    let scenes = (0..<4).map {
      SceneReference(
        name: "scene \($0)", crs: "m", transform: transform,
        acquired: AcquisitionTime("2020-05-1\($0)"))
    }
    let records = chips.map { chip in
      ChipRecord(
        id: ChipID(index: chip), scene: chip / 2, column: 0, row: 0, footprint: footprint,
        bounds: GeographicBounds(west: 0, south: 0, east: 1, north: 1), corners: corners(chip),
        isBorderCopy: false)
    }
    let links = chips.indices.map { index in
      [index - 1, index + 1].filter(chips.indices.contains).map {
        NeighbourLink(chip: $0, intersectionOverUnion: 0)
      }
    }
    let directory = ShardDirectory(
      layout: layout, bands: (0..<layout.bandCount).map { BandMeaning(name: "band \($0 + 1)") },
      scenes: scenes, chips: records, links: links)
    var writer = try ShardWriter(creating: folder + "/" + file, directory)
    for chip in chips {
      let pixels = (0..<layout.pixelBytes).map {
        UInt8(min(10 * chip + 20 * ($0 / layout.pixelsPerBand), 255))
      }
      let mask = (0..<layout.pixelsPerBand).map { UInt8($0 == 0 ? 0 : 1) }
      try pixels.withUnsafeBytes { pixels in
        try mask.withUnsafeBufferPointer { try writer.append(pixels: pixels, validity: $0) }
      }
    }
    let bytes = try writer.finish()
    return ShardDescription(
      file: file, chips: chips.count, borderChips: 0, links: links.reduce(0) { $0 + $1.count },
      bytes: bytes, digest: Digest(high: 0, low: 0))
  }
}

@Suite("Pictures of a dataset") struct DatasetPicturesTests {
  @Test("The map has each chip once, by its role and shard, and links between scenes alone")
  func map() throws {
    let data = try RowDataset()
    let map = try DatasetPictures(of: data.folder).map()
    #expect(map.chips.map(\.shard) == [0, 0, 0, 1, 1, 1, 0, 0])
    #expect(map.chips.map(\.isHeldOut) == (0..<8).map { $0 >= 6 })
    // Of neighbours 0-1-2, 3-4-5 and 6-7, those of two scenes: 1-2 and 3-4.
    #expect(map.links.count == 2)
    #expect(
      map.subtitle
        == "6 chips for training in 2 shards · 2 chips held out in 1 shard · 4 scenes · "
        + "6 links, 2 of them between scenes")
    #expect(map.headline == "Dataset row" && map.warning == nil)
    // 0.1° of the parallel of 49.95°: 7.15 km.
    #expect(
      map.notes == [
        "Chips of 8 × 8 pixels, 7.2 km wide, 3 bands of uint8.",
        "Taken from 2020-05-10 to 2020-05-13.",
      ])
  }

  @Test("Shards that are missing are said, and the rest is drawn")
  func missing() throws {
    let data = try RowDataset()
    try Files.remove(data.folder + "/training-1.shard")
    let pictures = try DatasetPictures(of: data.folder + "/dataset.json")
    let map = try pictures.map()
    #expect(map.chips.count == 5)
    #expect(
      map.warning == "1 of 3 shards is not in this folder: its chips and links are not drawn.")
    #expect(map.subtitle.hasSuffix(" · 6 links"))
    #expect(try pictures.sheet(bands: nil, seed: 0).tiles.count == 5)
    for name in ["training-0.shard", "holdout-0.shard"] {
      try Files.remove(data.folder + "/" + name)
    }
    let empty = try DatasetPictures(of: data.folder)
    // Scenes are in the description.
    #expect(try !empty.map().draw().png().isEmpty)
    let error = #expect(throws: (any Error).self) { try empty.sheet(bands: nil, seed: 0) }
    #expect(
      "\(error!)"
        == "none of the 3 shards is in \(data.folder), so there are no chips to show; copy some "
        + "from where the dataset is whole")
  }

  @Test("A damaged shard is an error that names it, and no picture is left")
  func damaged() throws {
    let data = try RowDataset()
    let path = data.folder + "/training-0.shard"
    var bytes = try MappedFile(path).withBytes { Array($0) }
    bytes[70] ^= 1
    try Files.writeDurably(to: path, amongOthers: true) { try $0.write(bytes) }
    let picture = data.scratch.file("map.png")
    let error = #expect(throws: ShardError.self) {
      try DatasetPictures(of: data.folder).drawMap(to: picture)
    }
    #expect("\(error!)".contains(path))
    #expect(!Files.exists(picture))
  }

  @Test("What is not a dataset is refused")
  func other() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: (any Error).self) { try DatasetPictures(of: folder.path) }
    #expect(
      "\(error!)"
        == "--picture and --sheet draw a dataset, and \(folder.path) is not a dataset's folder: it "
        + "has no dataset.json")
  }

  @Test("A sheet of few chips has all of them, with scene, date, what is valid, and place")
  func sheet() throws {
    let data = try RowDataset()
    let sheet = try DatasetPictures(of: data.folder).sheet(bands: nil, seed: 0)
    #expect(sheet.tiles.map(\.isHeldOut) == (0..<8).map { $0 >= 6 })
    #expect(
      sheet.tiles[3].caption == ["scene 1", "2020-05-11 · 98 % valid", "49.95° N, 10.35° E"])
    #expect(sheet.tiles[3].valid == (0..<64).map { $0 != 0 })
    // Chip 3 is 30, 50 and 70; two deviations around the mean are 0 to 200.
    #expect(sheet.tiles[3].image[63] == 0.15 && sheet.tiles[3].image[127] == 0.25)
    #expect(
      sheet.subtitle
        == "6 of 6 chips for training · 2 of 2 chips held out · 8 × 8 pixels, 3 bands of uint8")
  }

  @Test("Quantiles are the stretch where there are any; bands can be chosen, one is grey")
  func bands() throws {
    let data = try RowDataset(
      bands: 13,
      quantiles: BandQuantiles(
        percent1: 10, percent25: 20, median: 50, percent75: 80, percent99: 110))
    let pictures = try DatasetPictures(of: data.folder)
    let sheet = try pictures.sheet(bands: "3,2,1", seed: 0)
    // Chip 3 is 70 in band 3 and 30 in band 1, from 10 to 110.
    #expect(sheet.tiles[3].image[63] == 0.6 && sheet.tiles[3].image[191] == 0.2)
    let grey = try pictures.sheet(bands: "band 2", seed: 0).tiles[3].image
    #expect(grey[63] == 0.4 && grey[127] == 0.4 && grey[191] == 0.4)
    #expect(throws: (any Error).self) { try pictures.sheet(bands: "14", seed: 0) }
    let single = try RowDataset(bands: 1)
    #expect(
      try DatasetPictures(of: single.folder).sheet(bands: nil, seed: 0).notes[0]
        .hasPrefix("Grey: band 1. "))
  }

  @Test("The lot is the seed's, and draws no chip twice")
  func lot() throws {
    let shards = (0..<10).map { shard in (0..<20).map { _ in shard % 6 } }
    let data = try RowDataset(chips: shards)
    let pictures = try DatasetPictures(of: data.folder)
    func shown(_ seed: UInt64) throws -> [[String]] {
      try pictures.sheet(bands: nil, seed: seed).tiles.map(\.caption)
    }
    let sheet = try pictures.sheet(bands: nil, seed: 1)
    #expect(sheet.tiles.count == 24 && sheet.tiles.count { $0.isHeldOut } == 2)
    #expect(try shown(1) == shown(1) && shown(1) != shown(2))
  }
}
