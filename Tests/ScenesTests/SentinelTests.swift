// Sentinel-2 products as users have them, against GDAL's own driver for them.

import Foundation
import Imagery
import Scenes
import TestSupport
import Testing

@Suite("Sentinel-2 products") struct SentinelTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("A product is one scene of all its bands, with the values that GDAL's driver gives them")
  func bandsAsGDAL() throws {
    for level in ["2A", "1C"] {
      let product = try MadeProducts.make("safe", folder.path, "level=\(level)")
      let found = try MadeProducts.find(product)
      #expect(found.recipes.count == 1)
      let recipe = try #require(found.recipes.first)
      var judged = try MadeProducts.judge("\(product)/MTD_MSIL\(level).xml")
      for layer in ["AOT", "WVP", "SCL", "CLD", "SNW"] { judged[layer] = nil }
      #expect(recipe.bands.count == judged.count)
      let sums = try MadeProducts.sums(recipe.bands.map(\.raster))
      for (band, sum) in zip(recipe.bands, sums) {
        let other = try #require(judged.first { BandMatching.isSame($0.key, band.name) })
        #expect(other.value[1] == sum, "\(band.name)")
        // The driver has the design's wavelengths, the metadata those of the spacecraft.
        let wavelength = try #require(band.wavelength)
        #expect(abs(wavelength * 1000 - other.value[0]) < 13, "\(band.name)")
      }
      #expect(recipe.bands[1].wavelength == 0.4924)
      let expected = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09"]
      #expect(Array(recipe.bands.map(\.name).prefix(10)) == expected)
    }
  }

  @Test("Scale, offset, nodata, unit, colour and time come from the metadata")
  func meaning() throws {
    let product = try MadeProducts.make("safe", folder.path)
    let found = try MadeProducts.find(product + "/")
    let recipe = try #require(found.recipes.first)
    #expect(recipe.name == "S2A_MSIL2A_20200518T135211_N0400_R024_T21JUN_20200518T174005")
    #expect(recipe.source == product)
    #expect(recipe.acquired == AcquisitionTime("2020-05-18T13:52:11Z"))
    for band in recipe.bands {
      #expect(band.scale == 1e-4)
      #expect(band.offset == -0.1)
      #expect(band.nodata == 0)
      #expect(band.unit == "reflectance")
    }
    #expect(recipe.bands.compactMap(\.color) == ["blue", "green", "red"])
    #expect(recipe.masks == [])
    #expect(found.remarks.contains { $0.contains("SCL of") && $0.contains("--mask SCL:0,1,3") })
    #expect(found.remarks.contains { $0.hasPrefix("AOT, WVP of") })
  }

  @Test("Before baseline 04.00 there is no offset")
  func oldBaseline() throws {
    let product = try MadeProducts.make("safe", folder.path, "baseline=02.09", "offset=none")
    let recipe = try #require(try MadeProducts.find(product).recipes.first)
    #expect(recipe.bands.allSatisfy { $0.scale == 1e-4 && $0.offset == 0 })
  }

  @Test("Metadata that contradict each other are refused, unless the user says the offset")
  func contradictions() throws {
    let without = try MadeProducts.make("safe", folder.path, "offset=none")
    #expect(
      MadeProducts.refusal(without)
        == "the metadata of \(without) contradict each other: MTD_MSIL2A.xml says processing "
        + "baseline 04.00, whose values have an offset, but it has no BOA_ADD_OFFSET. Get the "
        + "product anew, or say with --offset what is to be added.")
    let recipe = try #require(
      try MadeProducts.find(without) { $0.saysOffset = true }.recipes.first)
    #expect(recipe.bands.allSatisfy { $0.offset == 0 })
    let early = try MadeProducts.make("safe", folder.file("early"), "baseline=03.01")
    #expect(MadeProducts.refusal(early).contains("baseline 03.01, whose values have no offset"))
    let renamed = try MadeProducts.make("safe", folder.file("name"), "named=03.01")
    #expect(MadeProducts.refusal(renamed).contains("its name says baseline N0301"))
  }

  @Test("The metadata file, a zip archive and a folder of products give the same bands")
  func sameByAnyName() throws {
    let product = try MadeProducts.make("safe", folder.path)
    let name = URL(fileURLWithPath: product).lastPathComponent
    let zipped = try run(
      "/usr/bin/python3",
      [
        "-c",
        "import shutil, sys; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2], sys.argv[3])",
        folder.file("archive"), folder.path, name,
      ])
    #expect(zipped.status == 0, "\(zipped.errors)")
    let direct = try #require(try MadeProducts.find(product).recipes.first)
    let byFile = try #require(try MadeProducts.find(product + "/MTD_MSIL2A.xml").recipes.first)
    #expect(byFile.bands == direct.bands)
    let archive = try #require(try MadeProducts.find(folder.file("archive.zip")).recipes.first)
    #expect(archive.bands.map(\.name) == direct.bands.map(\.name))
    #expect(archive.acquired == direct.acquired)
    #expect(archive.name == direct.name)
    #expect(
      try MadeProducts.sums(archive.bands.map(\.raster))
        == MadeProducts.sums(direct.bands.map(\.raster)))
    try FileManager.default.removeItem(atPath: folder.file("archive.zip"))
    #expect(try MadeProducts.find(folder.path).recipes.map(\.bands) == [direct.bands])
  }

  @Test("Bands are chosen by name, common name or number, and masks by layer")
  func choices() throws {
    let product = try MadeProducts.make("safe", folder.path)
    let found = try MadeProducts.find(product) {
      $0.bands = ["red", "nir", "B2", "12"]
      $0.masks = [try MaskChoice("SCL:0,1,3,8-10")]
    }
    let recipe = try #require(found.recipes.first)
    #expect(recipe.bands.map(\.name) == ["B04", "B08", "B02", "B12"])
    let mask = try #require(recipe.masks.first)
    #expect(mask.raster.hasSuffix("_SCL_20m.jp2"))
    #expect(mask.values == [0, 1, 3, 8, 9, 10])
    #expect(
      MadeProducts.refusal(product) { $0.bands = ["B20"] }.contains("has no band B20; it has"))
    #expect(
      MadeProducts.refusal(product) { $0.masks = [try MaskChoice("CLD:1")] }
        == "no quality layer CLD belongs to \(product); the layers are SCL.")
  }

  @Test("Damaged metadata and missing files are said")
  func damage() throws {
    let product = try MadeProducts.make("safe", folder.path)
    let metadata = product + "/MTD_MSIL2A.xml"
    let text = try String(contentsOfFile: metadata, encoding: .utf8)
    try String(text.prefix(text.count / 2)).write(
      toFile: metadata, atomically: true, encoding: .utf8)
    #expect(
      MadeProducts.refusal(product).contains("cannot read \(metadata): it is not a whole XML text"))
    try text.replacing(">10000<", with: ">many<")
      .write(toFile: metadata, atomically: true, encoding: .utf8)
    #expect(MadeProducts.refusal(product).contains("BOA_QUANTIFICATION_VALUE is many, no number"))
    try text.write(toFile: metadata, atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: product + "/GRANULE")
    #expect(MadeProducts.refusal(product).contains("holds no bands"))
    let root = try MadeProducts.make("bands", folder.path)
    try folder.write("no archive", to: "cut.zip")
    #expect(MadeProducts.refusal(folder.file("cut.zip")).contains("it is an empty archive, or a"))
    #expect(MadeProducts.refusal(root).contains("it is an empty archive, or a damaged one"))
    let found = try MadeProducts.find(root) { $0.skipsUnreadable = true }
    #expect(found.recipes.map(\.name) == ["S"])
    #expect(
      Set(found.unreadable.map(\.path)) == [folder.file("cut.zip"), product + "/MTD_MSIL2A.xml"])
  }
}
