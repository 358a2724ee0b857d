// Scenes and options that are odd in a way that once went unnoticed or got a poor answer.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Odd scenes") struct OddSceneTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func ingest(_ scenes: [String], _ options: [String] = []) throws -> Outcome {
    try run(
      Repository.ingest,
      [folder.file("out")] + scenes.map(folder.file) + ["--chip-side", "64", "--overwrite"]
        + options)
  }

  private func notes() throws -> [String] {
    try Dataset(folder: folder.file("out")).description.notes
  }

  private func writeVirtual(_ name: String, of source: String) throws {
    try folder.write(
      """
      <VRTDataset rasterXSize="256" rasterYSize="256"><SRS>EPSG:32633</SRS>
      <GeoTransform>500000, 10, 0, 5002560, 0, -10</GeoTransform>
      <VRTRasterBand dataType="UInt16" band="1"><SimpleSource>
      <SourceFilename relativeToVRT="1">\(source)</SourceFilename><SourceBand>1</SourceBand>
      <SrcRect xOff="0" yOff="0" xSize="256" ySize="256"/>
      <DstRect xOff="0" yOff="0" xSize="256" ySize="256"/>
      </SimpleSource></VRTRasterBand></VRTDataset>
      """, to: name)
  }

  @Test("Nodata may be what is not a number", arguments: ["nan", "inf", "-inf"])
  func nodataThatIsNotFinite(nodata: String) throws {
    try MadeRasters.make(
      in: folder,
      """
      pixels = texture(2).astype("float32")
      pixels[:, 100:, 100:150] = float("\(nodata)")
      save("a.tif", pixels, nodata=float("\(nodata)"))
      """)
    for options in [[], ["--nodata", nodata]] {
      let outcome = try ingest(["a.tif"], options + ["--max-nodata", "0.9"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let band = try Dataset(folder: folder.file("out")).description.bands[0]
      #expect(band.maximum < 3000 && band.minimum >= 300)
    }
    // What is kept of the scene is understood when more come.
    let again = try run(
      Repository.ingest, [folder.file("out"), folder.file("a.tif"), "--add", "--chip-side", "64"])
    #expect(again.status == 0 && again.output.contains("in the dataset already"), "\(again)")
  }

  @Test("A virtual raster that is its own source, at once or through others, is refused")
  func virtualCycles() throws {
    try writeVirtual("self.vrt", of: "self.vrt")
    try writeVirtual("a.vrt", of: "b.vrt")
    try writeVirtual("b.vrt", of: "./a.vrt")
    try writeVirtual("outer.vrt", of: "a.vrt")
    for (name, at) in [("self.vrt", "self.vrt"), ("a.vrt", "b.vrt"), ("outer.vrt", "b.vrt")] {
      let outcome = try ingest([name])
      #expect(outcome.status == 1)
      #expect(
        outcome.errors.contains(
          "\(folder.file(name)) is a virtual raster whose pixels are to come from itself: "
            + "\(folder.file(at)) names it"), "\(outcome.errors)")
    }
    // Two ways to one raster are no circle.
    try MadeRasters.make(in: folder, "save('t.tif', texture(1).astype('uint16'))")
    try writeVirtual("good.vrt", of: "t.tif")
    try writeVirtual("twice.vrt", of: "good.vrt")
    #expect(try ingest(["twice.vrt"]).status == 0)
  }

  @Test("A pipe is no scene, named or in a folder, and nobody waits for it")
  func pipes() throws {
    try MadeRasters.make(
      in: folder,
      """
      os.mkdir("some"); os.mkfifo("some/pipe.tif"); save("some/t.tif", texture(1).astype("uint16"))
      """)
    for name in ["some/pipe.tif", "some"] {
      let outcome = try ingest([name])
      #expect(outcome.status == 1)
      #expect(
        outcome.errors.contains("cannot read \(folder.file("some/pipe.tif")): it is a pipe"),
        "\(outcome.errors)")
    }
    #expect(try ingest(["some"], ["--skip-unreadable"]).status == 0)
  }

  @Test(
    "A date that no calendar has counts as none, and is said",
    arguments: ["2020-13-45", "0000-01-01", "9999-12-31T00:00:00Z", "yesterday"])
  func impossibleDates(text: String) throws {
    try MadeRasters.make(
      in: folder,
      """
      for name in ("a.tif", "b_20200518.tif"):
          save(name, texture(2, seed=len(name)).astype("uint16"), HERE if name == "a.tif" else EAST)
          gdal.Open(name, gdal.GA_Update).SetMetadataItem("ACQUISITIONDATETIME", "\(text)", "IMAGERY")
      """)
    let outcome = try ingest(["a.tif", "b_20200518.tif"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let description = try Dataset(folder: folder.file("out")).description
    #expect(description.scenes.map { $0.acquired?.description } == [nil, "2020-05-18"])
    let notes = try notes()
    #expect(
      notes.contains(
        "the metadata of a.tif say '\(text)' in the place of a date, which is not a day from 1900 to "
          + "2200 and is left aside (likewise b_20200518.tif)"), "\(notes)")
  }

  @Test("A date in the metadata that is not that of the name is said, once")
  func twoDates() throws {
    try MadeRasters.make(
      in: folder,
      """
      for number, place in enumerate([HERE, EAST, SOUTH]):
          name = f"{number}_2019051{number}.tif"
          save(name, texture(2, seed=number).astype("uint16"), place)
          gdal.Open(name, gdal.GA_Update).SetMetadataItem("ACQUISITION_DATE", "2020-05-18")
      """)
    let outcome = try ingest(["0_20190510.tif", "1_20190511.tif", "2_20190512.tif"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let found = try notes().filter { $0.contains("by its metadata") }
    #expect(found.count == 1)
    #expect(found.first?.contains("is of 2020-05-18 by its metadata") == true)
    #expect(found.first?.contains("and of 2019-05-10 by its name") == true)
    let dates = try Dataset(folder: folder.file("out")).description.scenes.map(\.acquired)
    #expect(Set(dates.map { $0?.description }) == ["2020-05-18"])
  }

  @Test("Tiles that nobody wrote are said with their share, unless a nodata value hides them")
  func unwrittenTiles() throws {
    try MadeRasters.make(
      in: folder,
      """
      system = osr.SpatialReference(); system.ImportFromEPSG(32633)
      out = gdal.GetDriverByName("GTiff").Create(
          "half.tif", 256, 256, 2, 2, ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "SPARSE_OK=TRUE"])
      out.SetGeoTransform(HERE); out.SetSpatialRef(system)
      for band in range(2): out.GetRasterBand(band + 1).WriteArray(texture(2)[band][:128])
      """)
    let outcome = try ingest(["half.tif"], ["--holdout", "0"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let notes = try notes()
    #expect(
      notes.contains { $0.hasPrefix("50 % of half.tif were never written") }, "\(notes)")
    #expect(try ingest(["half.tif"], ["--holdout", "0", "--nodata", "0"]).status == 0)
    #expect(try self.notes().allSatisfy { !$0.contains("never written") })
  }

  @Test("Scales beyond what chips hold are refused, and a number below 0 is told as one")
  func numbers() throws {
    let scene = try SyntheticScene().write("scene", in: folder)
    let outcome = try ingest(
      ["scene"], ["--scale", "1e308", "--values", "physical", "--chip-side", "16"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("of \(scene) holds ")
        && outcome.errors.contains("which no 32-bit float holds after scale and offset"),
      "\(outcome.errors)")
    for (option, value, text) in [
      ("--resolution", "-5", "--resolution is -5.0; it is a length above 0"),
      ("--max-nodata", "-0.1", "--max-nodata is -0.1; it is a share"),
      ("--distance", "-5km", "--distance is '-5km'; it is a length"),
      ("--threads", "-1", "--threads is -1"),
    ] {
      let avoid = option == "--distance" ? ["--avoid", "a.gpkg"] : []
      let refused = try ingest(["scene"], [option, value] + avoid)
      #expect(refused.status == 64)
      #expect(refused.errors.contains(text), "\(refused.errors)")
    }
  }

  @Test("A pattern without an ending names bands without one")
  func openPattern() throws {
    try MadeRasters.make(
      in: folder,
      """
      os.mkdir("place")
      for band in ("night", "day"):
          save(f"place/{band}.tif", texture(1, seed=len(band)).astype("uint16"))
      """)
    let outcome = try ingest(["place"], ["--group", "{band}"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let description = try Dataset(folder: folder.file("out")).description
    #expect(description.bands.map(\.name) == ["day", "night"])
    #expect(description.scenes.map(\.name) == ["place"])
  }

  @Test("Bands without names that were picked out of their order match named ones")
  func pickedBands() throws {
    try MadeRasters.make(
      in: folder,
      """
      save("plain.tif", texture(3).astype("uint16"))
      save("named.tif", texture(3, seed=2).astype("uint16"), EAST)
      out = gdal.Open("named.tif", gdal.GA_Update)
      for number, name in enumerate(["one", "two", "three"], 1):
          out.GetRasterBand(number).SetDescription(name)
      """)
    let outcome = try ingest(["plain.tif", "named.tif"], ["--bands", "3,1"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("Other bands than the first scene's: the advice names --bands")
  func otherBands() throws {
    try MadeRasters.make(
      in: folder,
      """
      save("three.tif", texture(3).astype("uint16")); save("two.tif", texture(2).astype("uint16"), EAST)
      """)
    let refused = try ingest(["three.tif", "two.tif"])
    #expect(refused.errors.contains("choose bands that all scenes have with --bands"))
    #expect(try ingest(["three.tif", "two.tif"], ["--bands", "1,2"]).status == 0)
  }

  @Test("What GDAL says of a scene goes into the dataset without folders")
  func noFolders() throws {
    try MadeRasters.make(
      in: folder,
      """
      os.mkdir("private")
      save("private/good.tif", texture(2).astype("uint16"))
      save("private/cut.tif", texture(2, seed=2).astype("uint16"), EAST)
      size = os.path.getsize("private/cut.tif"); os.truncate("private/cut.tif", size // 2)
      """)
    let outcome = try ingest(["private"], ["--skip-unreadable"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let notes = try notes()
    #expect(notes.contains { $0.contains("cut.tif is left out") }, "\(notes)")
    let text = try String(contentsOfFile: folder.file("out/dataset.json"), encoding: .utf8)
    #expect(!text.contains("private"))
  }
}
