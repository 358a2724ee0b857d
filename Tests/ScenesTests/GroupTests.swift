// Files of one band, and names: which belong together, what they are called, when they were taken.

import Foundation
import Imagery
import Scenes
import TestSupport
import Testing

@Suite("Files of one band") struct GroupTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Files on one place whose names differ in the band are one scene; quality is no image")
  func bandsAsFiles() throws {
    let root = try MadeProducts.make("bands", folder.path)
    let found = try MadeProducts.find(root)
    #expect(found.recipes.map(\.name) == ["S"])
    #expect(found.recipes[0].bands.map(\.name) == ["B01", "B02", "B03", "B04"])
    #expect(
      found.recipes[0].bands.map(\.raster)
        == (1...4).map { folder.file("S_B0\($0).tif") })
    #expect(
      found.remarks == [
        "S is made of files of one band: B01, B02, B03, B04",
        "QA_PIXEL of S is a quality layer and no band; --mask QA_PIXEL:bits:0,1,2,3,4 would make a "
          + "mask of it",
      ])
    let masked = try MadeProducts.find(root) { $0.masks = [try MaskChoice("QA_PIXEL:bits:3")] }
    #expect(masked.recipes[0].masks.map(\.raster) == [folder.file("S_QA_PIXEL.tif")])
    #expect(masked.remarks.count == 1)
    #expect(
      MadeProducts.refusal(folder.file("S_QA_PIXEL.tif")).contains("is a quality layer by its name")
    )
  }

  @Test(
    "Which names are bands of one scene",
    arguments: [
      ("a_red,a_green,b_red,b_green", ["a: green red", "b: green red"]),
      ("B1,B2,B10", ["PLACE: B1 B2 B10"]),
      ("T21_20200518_B02_10m,T21_20200518_B8A_10m", ["T21_20200518: B02 B8A"]),
      ("x_20200518,x_20200620", ["x_20200518.tif: band 1", "x_20200620.tif: band 1"]),
      ("LC08_T1_SR_B1,LC08_T1_SR_B2,LC08_T1_ST_B10", ["LC08_T1: SR_B1 SR_B2 ST_B10"]),
      ("s1-vv-001,s1-vh-001", ["s1-001: vh vv"]),
    ])
  func names(names: String, expected: [String]) throws {
    let root = try MadeProducts.make("bands", folder.path, "names=\(names)", "extra=")
    let recipes = try MadeProducts.find(root).recipes
    let place = URL(fileURLWithPath: folder.path).lastPathComponent
    let found = recipes.map { "\($0.name): " + $0.bands.map(\.name).joined(separator: " ") }
    #expect(found == expected.map { $0.replacing("PLACE", with: place) })
  }

  @Test("What names do not tell is asked, and answered by a pattern or by none")
  func asked() throws {
    let root = try MadeProducts.make("bands", folder.path, "names=night,day", "extra=")
    let text = MadeProducts.refusal(root)
    #expect(text.hasPrefix("2 files of one band lie on one place: "))
    #expect(text.contains("--group '{scene}_{band}.tif'"))
    let apart = try MadeProducts.find(root) { $0.grouping = try FileGrouping("none") }
    #expect(apart.recipes.map(\.name) == ["day.tif", "night.tif"])
    let together = try MadeProducts.find(root) { $0.grouping = try FileGrouping("{band}.tif") }
    #expect(together.recipes.map { $0.bands.map(\.name) } == [["day", "night"]])
    #expect(
      MadeProducts.refusal(root) { $0.grouping = try FileGrouping("x") }.contains("--group is x"))
  }

  @Test("Scenes of several bands stay as they are, and equal names are told apart by folders")
  func equalNames() throws {
    for place in ["east", "west"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(place), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: Repository.landsat[0], toPath: folder.file(place + "/scene.tif"))
    }
    let found = try MadeProducts.find(folder.path)
    #expect(found.recipes.map(\.name) == ["east/scene.tif", "west/scene.tif"])
    let one = try MadeProducts.find(folder.file("east/scene.tif"))
    #expect(one.recipes.map(\.name) == ["scene.tif"])
    #expect(one.remarks == [])
    #expect(
      MadeProducts.refusal(folder.file("east/scene.tif"), folder.file("east/./scene.tif"))
        .contains("is given twice"))
  }

  @Test("Inputs that hold nothing are named")
  func nothing() throws {
    #expect(
      MadeProducts.refusal(folder.file("*.tif"))
        == "cannot read \(folder.file("*.tif")): there is no such file, and no file whose name fits "
        + "this pattern.")
    #expect(
      MadeProducts.refusal(folder.path)
        == "there are no scenes in \(folder.path). Name files that GDAL opens, or folders with such "
        + "files.")
    try folder.write("@" + folder.file("list.txt"), to: "list.txt")
    #expect(
      MadeProducts.refusal("@" + folder.file("list.txt")).contains("do they name each other?"))
    try folder.write("# nothing\n", to: "list.txt")
    #expect(MadeProducts.refusal("@" + folder.file("list.txt")).contains("names no scene"))
    try folder.write("no raster", to: "bad.tif")
    let root = try MadeProducts.make("bands", folder.path)
    #expect(MadeProducts.refusal(root).contains("not recognized as a supported file format"))
    let found = try MadeProducts.find(root) { $0.skipsUnreadable = true }
    #expect(found.recipes.map(\.name) == ["S"])
    #expect(found.unreadable.map(\.path) == [folder.file("bad.tif")])
  }
}

@Suite("Dates and texts of scenes") struct DateTests {
  @Test(
    "A date stands in a name only where it can be no other number",
    arguments: [
      ("LC08_L1TP_224077_20200518_20200820_02_T1_B4.TIF", "2020-05-18"),
      ("S2A_MSIL2A_20200518T135211_N0400_R024_T21JUN_20200519T174005", "2020-05-18T13:52:11Z"),
      ("scene-2020-05-18.tif", "2020-05-18"), ("scene_2020_05_18.tif", "2020-05-18"),
      ("scene_20200231.tif", nil), ("120200518.tif", nil), ("a_20200518_20200620.tif", nil),
      ("a_20200518_b_20200518.tif", "2020-05-18"), ("tile_224077.tif", nil),
      ("a_18990518.tif", nil), ("2020-0518.tif", nil),
    ] as [(String, String?)])
  func inNames(name: String, expected: String?) throws {
    let folder = try TemporaryFolder()
    let path = folder.file(name)
    try FileManager.default.moveItem(atPath: Self.undated(in: folder), toPath: path)
    let recipe = try MadeProducts.find(path).recipes[0]
    #expect(recipe.acquired?.description == expected)
  }

  /// A raster that says nothing of when it was taken.
  private static func undated(in folder: TemporaryFolder) throws -> String {
    try MadeProducts.make("bands", folder.path, "names=plain", "extra=") + "/plain.tif"
  }

  @Test("Metadata say more than names, and a pattern more than both")
  func order() throws {
    let folder = try TemporaryFolder()
    let plain = try Self.undated(in: folder)
    let path = folder.file("x_20190102_y.tif")
    let translated = try run(
      "/usr/bin/gdal_translate",
      ["-q", "-mo", "ACQUISITION_DATE=2020-05-18", plain, path])
    #expect(translated.status == 0, "\(translated.errors)")
    #expect(try MadeProducts.find(path).recipes[0].acquired == AcquisitionTime("2020-05-18"))
    let byPattern = try MadeProducts.find(path) { $0.datePattern = #"_(\d{8})_"# }
    #expect(byPattern.recipes[0].acquired == AcquisitionTime("2019-01-02"))
    let text = MadeProducts.refusal(path) { $0.datePattern = "(" }
    #expect(text.contains("which is not a regular expression"))
    let tagged = folder.file("tagged.tif")
    _ = try run(
      "/usr/bin/gdal_translate",
      ["-q", "-mo", "TIFFTAG_DATETIME=2020:05:18 13:52:11", plain, tagged])
    #expect(
      try MadeProducts.find(tagged).recipes[0].acquired == AcquisitionTime("2020-05-18T13:52:11Z"))
  }

  @Test("A name that says no more than a number matches any name")
  func matching() {
    func bands(_ names: String...) -> [BandSource] {
      names.enumerated().map { BandSource(raster: "a", number: $0 + 1, name: $1) }
    }
    let names = bands("B02", "B03")
    #expect(BandMatching.order(of: bands("Band 1", "Layer_2"), as: names) == [0, 1])
    #expect(BandMatching.order(of: bands("b3", "B2"), as: names) == [1, 0])
    #expect(BandMatching.order(of: bands("", "B3"), as: names) == [0, 1])
    #expect(BandMatching.order(of: bands("Band 2", "Band 3"), as: names) == nil)
    #expect(BandMatching.order(of: bands("B02"), as: names) == nil)
    #expect(!BandMatching.isSame("B8", "B8A"))
    #expect(BandMatching.isSame("B08", "b8"))
    #expect(!BandMatching.isSame("B10", "B1"))
  }

  @Test(
    "Masks that are none are refused",
    arguments: ["SCL", "SCL:", ":1", "SCL:a", "QA:bits:40", "QA:bit:1", "SCL:3-1", "SCL:0-9999999"])
  func wrongMasks(text: String) {
    #expect(throws: InputError.self) { try MaskChoice(text) }
  }
}
