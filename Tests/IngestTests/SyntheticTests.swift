// Datasets made of scenes whose every pixel a test knows.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Scenes made up") struct SyntheticTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Ingests chips of 16 pixels that only touch, all for training.
  private func dataset(_ scenes: [String], _ options: [String] = []) throws -> Dataset {
    let arguments =
      [folder.file("out")] + scenes
      + ["--chip-side", "16", "--stride", "16", "--holdout", "0", "--overwrite"] + options
    let outcome = try run(Repository.ingest, arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try Dataset(folder: folder.file("out"))
  }

  private struct Chip {
    let record: ChipRecord
    let pixels: [UInt8]
    let validity: [UInt8]
  }

  /// Chips of the only training shard.
  private func chips(_ dataset: Dataset) throws -> [Chip] {
    let shard = try dataset.openShard(ShardID(0))
    let buffer = ChipBuffer(shard.layout)
    return try shard.chips.enumerated().map { index, record in
      try shard.decode(chip: index, into: buffer)
      return Chip(
        record: record, pixels: buffer.copiedPixels, validity: buffer.copiedValidity)
    }
  }

  @Test("Pixels keep their type and value", arguments: PixelType.allCases)
  func pixels(type: PixelType) throws {
    var scene = SyntheticScene()
    switch type {
    case .uint8: scene.type = .uint8
    case .uint16: (scene.type, scene.value) = (.uint16, { 60_000 + Double($0 * 100 + $1 + $2) })
    case .int16: (scene.type, scene.value) = (.int16, { Double($0 * 100 + $1 - $2 * 30) })
    case .float32: (scene.type, scene.value) = (.float32, { Double($0) + Double($1 - $2) / 64 })
    }
    let dataset = try dataset([try scene.write("a", in: folder)])
    #expect(dataset.layout == ChipLayout(side: 16, bandCount: 2, pixelType: type))
    for chip in try chips(dataset) {
      let found: [Double] =
        switch type {
        case .uint8: chip.pixels.map { Double($0) }
        case .uint16: values(of: chip.pixels, as: UInt16.self).map { Double($0) }
        case .int16: values(of: chip.pixels, as: Int16.self).map { Double($0) }
        case .float32: values(of: chip.pixels, as: Float.self).map { Double($0) }
        }
      let expected = (0..<512).map { index in
        scene.value(
          index / 256, chip.record.row + index / 16 % 16, chip.record.column + index % 16)
      }
      #expect(found == expected)
    }
  }

  @Test("Windows reach the right and lower edge, and footprints are theirs")
  func edges() throws {
    let dataset = try dataset([try SyntheticScene(width: 40, height: 20).write("a", in: folder)])
    let found = try chips(dataset).map(\.record)
    let places = Set(found.map { [$0.column, $0.row] })
    #expect(places == [[0, 0], [16, 0], [24, 0], [0, 4], [16, 4], [24, 4]])
    let last = try #require(found.first { $0.column == 24 && $0.row == 4 })
    #expect(
      last.footprint
        == Footprint(left: 500_240, top: 7_199_960, right: 500_400, bottom: 7_199_800))
  }

  @Test("Chips that touch at an edge or a corner are linked with IoU 0")
  func touching() throws {
    let dataset = try dataset([try SyntheticScene(width: 32, height: 32).write("a", in: folder)])
    let shard = try dataset.openShard(ShardID(0))
    for chip in 0..<4 {
      let links = shard.directory.neighbours(of: chip)
      #expect(links.map(\.chip) == (0..<4).filter { $0 != chip })
      #expect(links.allSatisfy { $0.intersectionOverUnion == 0 })
    }
    #expect(dataset.description.summary.linksByIoU == [6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("Scenes of other pixel sizes share a dataset, and neighbours are found across them")
  func pixelSizes() throws {
    let fine = try SyntheticScene(width: 16, height: 16).write("fine", in: folder)
    let coarse = try SyntheticScene(width: 16, height: 16, pixelSize: 20).write(
      "coarse", in: folder)
    let dataset = try dataset([fine, coarse])
    let shard = try dataset.openShard(ShardID(0))
    // The fine chip's 160 m square is a quarter of the coarse one's.
    #expect(shard.directory.neighbours(of: 0).map(\.intersectionOverUnion) == [0.25])
    let outcome = try ingest(
      folder.file("other"), fine, coarse, "--chip-side", "16", "--holdout", "0")
    #expect(outcome.output.contains("note: the scenes have 2 different pixel sizes"))
  }

  @Test("A nodata value in every band makes the pixel invalid; windows with too many are dropped")
  func nodata() throws {
    var scene = SyntheticScene(width: 48, height: 16, nodata: 0)
    // The second window has 16 of 256 pixels without a value, the third 48.
    scene.value = { _, row, column in
      let isGap = column >= 16 && row < (column < 32 ? 1 : 3)
      return isGap ? 0 : 8 + Double(2 * (column % 2))
    }
    let path = try scene.write("a", in: folder)
    let dataset = try dataset([path], ["--max-nodata", "0.1"])
    #expect(dataset.description.summary.droppedForNodata == 1)
    let found = try chips(dataset)
    let shares = found.map(\.record.validShare).sorted()
    #expect(shares == [0.9375, 1])
    for chip in found where chip.record.column == 16 {
      #expect(Array(chip.validity.prefix(17)) == [UInt8](repeating: 0, count: 16) + [1])
    }
    // 256 + 240 valid pixels, half of them 8 and half 10.
    #expect(dataset.description.bands.map(\.count) == [496, 496])
    #expect(dataset.description.bands.map(\.mean) == [9, 9])
    #expect(dataset.description.bands.map(\.minimum) == [8, 8])
    #expect(dataset.description.bands.map(\.standardDeviation) == [1, 1])
  }

  @Test("NaN and infinity are nodata in floats, whatever the nodata value is")
  func notANumber() throws {
    var scene = SyntheticScene(width: 16, height: 16, bands: ["b"], type: .float32, nodata: -9999)
    scene.value = { _, row, column in
      switch (row, column) {
      case (0, 0): .nan
      case (0, 1): .infinity
      case (0, 2): -9999
      default: 2 + Double(row % 2)
      }
    }
    let dataset = try dataset([try scene.write("a", in: folder)])
    let chip = try chips(dataset)[0]
    #expect(Array(chip.validity.prefix(4)) == [0, 0, 0, 1])
    #expect(dataset.description.bands[0].count == 253)
    // 125 of 2 and 128 of 3.
    #expect(dataset.description.bands[0].mean == 634.0 / 253)
  }

  /// A VRT over bands of a raw scene; `extra` follows the image band.
  private func virtual(_ source: String, extra: String) throws -> String {
    try folder.write(
      """
      <VRTDataset rasterXSize="16" rasterYSize="16"><SRS>EPSG:32721</SRS>
      <GeoTransform>500000, 10, 0, 7200000, 0, -10</GeoTransform>
      <VRTRasterBand dataType="Byte" band="1"><Description>gray</Description>
      <SimpleSource><SourceFilename relativeToVRT="1">\(source)</SourceFilename>
      <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>
      \(extra)</VRTDataset>
      """, to: "a.vrt")
    return folder.file("a.vrt")
  }

  private func secondBand(_ source: String) -> String {
    """
    <SimpleSource><SourceFilename relativeToVRT="1">\(source)</SourceFilename>
    <SourceBand>2</SourceBand></SimpleSource></VRTRasterBand>
    """
  }

  /// The second band is 0 in the first row and 255 below.
  private var maskedScene: SyntheticScene {
    SyntheticScene(width: 16, height: 16, type: .uint8) { band, row, column in
      band == 0 ? Double(7 + column) : row == 0 ? 0 : 255
    }
  }

  @Test("An alpha band is a mask, not an image band")
  func alpha() throws {
    _ = try maskedScene.write("raw", in: folder)
    let path = try virtual(
      "raw",
      extra: "<VRTRasterBand dataType=\"Byte\" band=\"2\"><ColorInterp>Alpha</ColorInterp>"
        + secondBand("raw"))
    let dataset = try dataset([path])
    #expect(dataset.description.bands.map(\.name) == ["gray"])
    #expect(dataset.description.bands[0].count == 240)
    #expect(try chips(dataset)[0].record.validShare == 0.9375)
  }

  @Test("A mask band is honoured")
  func mask() throws {
    _ = try maskedScene.write("raw", in: folder)
    let path = try virtual(
      "raw",
      extra: "<MaskBand><VRTRasterBand dataType=\"Byte\">" + secondBand("raw") + "</MaskBand>")
    let dataset = try dataset([path])
    #expect(dataset.description.bands.map(\.count) == [240])
    #expect(Array(try chips(dataset)[0].validity.prefix(17)).reduce(0, +) == 1)
  }

  @Test("Scenes of two zones share a dataset")
  func zones() throws {
    let one = try SyntheticScene().write("one", in: folder)
    let two = try SyntheticScene(zone: 22).write("two", in: folder)
    let dataset = try dataset([one, two])
    #expect(dataset.description.referenceSystems.map(\.authority) == ["EPSG:32721", "EPSG:32722"])
    #expect(dataset.description.scenes.map(\.referenceSystem) == [0, 1])
    #expect(dataset.description.trainingChips == 18)
  }

  @Test("Chips keep their distance from what is to be avoided")
  func avoiding() throws {
    try folder.write(
      """
      {"type": "FeatureCollection",
      "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32721"}},
      "features": [{"type": "Feature", "properties": {},
      "geometry": {"type": "Point", "coordinates": [500050, 7199950]}}]}
      """, to: "labels.geojson")
    // Chips of 160 m begin at 0, 160 and 240 m; from the point 110 m are to the second ones along
    // the axes, 156 m on the diagonal.
    let scene = try SyntheticScene().write("one", in: folder)
    for (distance, dropped) in [("0", 1), ("100m", 1), ("0.13km", 3)] {
      let dataset = try dataset(
        [scene], ["--avoid", folder.file("labels.geojson"), "--distance", distance])
      #expect(dataset.description.summary.droppedAsAvoided == dropped)
      #expect(dataset.description.trainingChips == 9 - dropped)
      #expect(
        dataset.description.notes.contains { $0.contains("of the features of labels.geojson") })
    }
  }

  @Test("The same scenes and options give the same bytes")
  func deterministic() throws {
    let one = try SyntheticScene().write("one", in: folder)
    let two = try SyntheticScene(left: 500_100).write("two", in: folder)
    let options = [one, two, "--chip-side", "16", "--chips-per-shard", "4"]
    for name in ["x", "y"] {
      #expect(try run(Repository.ingest, [folder.file(name)] + options).status == 0)
    }
    let names = try Files.list(folder.file("x"))
    #expect(names.count > 3)
    #expect(names == (try Files.list(folder.file("y"))))
    for name in names {
      let x = try Data(contentsOf: URL(fileURLWithPath: folder.file("x/" + name)))
      let y = try Data(contentsOf: URL(fileURLWithPath: folder.file("y/" + name)))
      #expect(x == y, "\(name)")
    }
  }

  @Test("The summary of four touching chips")
  func summary() throws {
    let path = try SyntheticScene(width: 32, height: 32).write("a", in: folder)
    let outcome = try ingest(
      folder.file("out"), path, "--chip-side", "16", "--stride", "16", "--holdout", "0")
    let size = try Dataset(folder: folder.file("out")).description.summary.bytesOut
    let expected = """
      \(folder.file("out"))
        scenes            1  WGS 84 / UTM zone 21S
        windows           4  16 × 16 pixels every 16, uint16: red, green
        dropped           0  too much nodata
                          0  touch the holdout area
        training          4  in 1 shard
        holdout           0  in 0 shards
        neighbours      3.0  a chip, besides itself
        links             6  100 % kept in shards
        read        4.2 KiB  of scenes
        written     \(HumanFormat.bytes(size))  of shards
        links by IoU
          touch  6  ████████████████████████████████████████

      """
    #expect(outcome.output.hasPrefix(expected), "\(outcome.output)")
    #expect(outcome.errors == "")
  }
}
