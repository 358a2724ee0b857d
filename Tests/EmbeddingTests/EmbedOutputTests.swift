// What `terrane embed` makes and what it does not write over, as a user has it.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Files of terrane embed") struct EmbedOutputTests: EmbedCase {
  let folder: TemporaryFolder
  let trained: TinyRun

  init() throws {
    folder = try TemporaryFolder()
    trained = try TrainedRun.run()
  }

  @Test("Of two that make one file the second is refused at once; a line break is shown as one")
  func oneAtATime() throws {
    let scene = try piece()
    let (map, table) = (folder.file("m\nap.tif"), folder.file("chips.parquet"))
    let shown = folder.file("m\\nap.tif")
    for (option, path, name) in [("--map", map, shown), ("--chips", table, table)] {
      try withExtendedLifetime(OutputLock(path)) {
        let second = try embed(scene, option, path)
        #expect(second.status == 1 && second.output.isEmpty)
        #expect(second.errors.contains("another process is making \(name)"), "\(second.errors)")
      }
      let alone = try embed(scene, option, path)
      #expect(alone.status == 0, "\(alone.errors)")
      #expect(alone.output.hasPrefix(name + ": "))
    }
    #expect(try folder.names().filter { $0.hasSuffix(".lock") || $0.contains("partial") } == [])
    // What a map is made of is never written over, and what is there only where that is asked for.
    let other = folder.file("./piece.tif")
    let over = try embed(scene, "--map", other, "--overwrite")
    #expect(over.status == 1 && over.errors.contains("is what is read"), "\(over.errors)")
    try Files.createFolder(folder.file("in"))
    let inside = try piece("in/piece.tif")
    let listed = try embed(folder.file("in"), "--map", inside, "--overwrite")
    #expect(listed.status == 1 && listed.errors.contains("is what is read"), "\(listed.errors)")
  }

  @Test("Chips whose values mean something else are refused, and options of scenes with them")
  func otherMeaning() throws {
    let copy = try SampleDataset.copy(to: folder.file("data"))
    let text = try Files.readText(copy + "/dataset.json")
    try Files.writeDurably(
      text.replacing("\"scale\" : 1,", with: "\"scale\" : 0.0001,"), to: copy + "/dataset.json")
    let table = folder.file("chips.parquet")
    let refused = try embed(copy, "--chips", table)
    #expect(
      refused.status == 1 && refused.errors.contains("mean value · 0.0001"), "\(refused.errors)")
    let options = try embed(try SampleDataset.folder(), "--chips", table, "--nodata", "5")
    #expect(options.status == 64 && options.errors.contains("leave out the options of scenes"))
    #expect(!Files.exists(table))
  }

  @Test("A name that says another kind of file is refused before anything is made")
  func otherEndings() throws {
    let scene = try piece()
    for (option, name, words) in [
      ("--map", "f.png", "makes a GeoTIFF, and "), ("--chips", "m.csv", "makes a GeoParquet, and "),
    ] {
      let outcome = try embed(scene, option, folder.file(name))
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.contains(words + folder.file(name)), "\(outcome.errors)")
      #expect(!Files.exists(folder.file(name)))
    }
  }

  @Test("A scene in another unit than the training's is noted, in maps and tables")
  func otherUnits() throws {
    let scene = try piece(
      more: """
        a = gdal.Open("piece.tif").ReadAsArray()
        save("scaled.tif", (a / 6e4).astype("float32"), place=(600000, 30, 0, -2600000, 0, -30))
        """)
    let words = "lie many deviations apart: "
    for (option, file) in [("--map", "s.tif"), ("--chips", "s.parquet")] {
      let outcome = try embed(folder.file("scaled.tif"), option, folder.file(file))
      #expect(outcome.status == 0, "\(outcome.errors)")
      let said = outcome.errors + outcome.output
      #expect(said.contains(words) && said.contains(" in scaled.tif, "), "\(said)")
      #expect(said.contains("in the training. Are they in one unit?"), "\(said)")
      let sound = try embed(scene, option, folder.file("sound-" + file))
      #expect(sound.status == 0 && !(sound.errors + sound.output).contains(words))
    }
    let data = folder.file("scaled")
    let ingested = try ingest(
      data, folder.file("scaled.tif"), "--chip-side", "64", "--holdout", "0")
    try #require(ingested.status == 0, "\(ingested.errors)")
    let chips = try embed(data, "--chips", folder.file("d.parquet"))
    #expect(chips.status == 0 && chips.output.contains(words), "\(chips.output)\(chips.errors)")
  }

  @Test("Chips have the run's bands by their names, among others and in any order")
  func bandsOfChips() throws {
    _ = try MadeScene.python(
      in: folder,
      """
      a = gdal.Open(sys.argv[1]).ReadAsArray(400, 500, 300, 300)
      def named(folder, bands, names):
          os.mkdir(folder)
          name = folder + "/scene_20200518.tif"
          save(name, bands, place=(600000, 30, 0, -2600000, 0, -30), epsg=32621)
          d = gdal.Open(name, 1)
          for number, text in enumerate(names, 1): d.GetRasterBand(number).SetDescription(text)
      named("in-rgb", a, ["red", "green", "blue"])
      named("in-more", [a[1], a[2] // 2, a[2], a[0]], ["green", "nir", "blue", "red"])
      named("in-other", a, ["red", "green", "swir"])
      """, [Repository.landsat[0]])
    for name in ["rgb", "more", "other"] {
      let outcome = try ingest(
        folder.file(name), folder.file("in-\(name)"), "--chip-side", "64", "--holdout", "0")
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    let run = try TinyRun("training.steps=2", data: folder.file("rgb"))
    try #require(run.startTraining().waitForEnd() == 0, "\(run.log)")
    func embed(_ data: String) throws -> Outcome {
      try TestSupport.run(
        Repository.terrane,
        ["embed", run.folder, folder.file(data), "--chips", folder.file(data + ".parquet")])
    }
    for data in ["rgb", "more"] {
      let outcome = try embed(data)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    // The same pixels by the same names are the same features.
    let tables = try ["rgb", "more"].map {
      try Data(contentsOf: URL(fileURLWithPath: folder.file($0 + ".parquet")))
    }
    #expect(tables[0] == tables[1])
    let refused = try embed("other")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("the chips of \(folder.file("other")) do not have the bands"))
    #expect(refused.errors.contains("name the scenes in place of the dataset"), "\(refused.errors)")
  }

  @Test("A scene without a valid patch makes a map of nodata, and that is said")
  func nothingValid() throws {
    _ = try MadeScene.python(
      in: folder, "save('a.tif', np.full((3, 90, 100), 7, 'uint8'), nodata=7)")
    let outcome = try embed(folder.file("a.tif"), "--map", folder.file("map.tif"))
    #expect(outcome.status == 0 && outcome.output.contains("the map holds nodata alone"))
  }

  @Test("The running average is a checkpoint to embed too, and the files say so")
  func average() throws {
    let run = try TinyRun("training.steps=5", "optimizer.average=0.9")
    try #require(run.startTraining().waitForEnd() == 0)
    let scene = try piece()
    for (name, options) in [("plain.tif", []), ("average.tif", ["--from", "average"])] {
      let outcome = try TestSupport.run(
        Repository.terrane, ["embed", run.folder, scene, "--map", folder.file(name)] + options)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    let report = try MadeScene.python(
      in: folder,
      """
      a, b = gdal.Open("plain.tif"), gdal.Open("average.tif")
      print(a.GetMetadata()["PARAMETERS"], "|", b.GetMetadata()["PARAMETERS"])
      print(np.abs(a.ReadAsArray() - b.ReadAsArray()).max() > 0)
      """)
    #expect(report == "of the step | running average\nTrue\n")
    let none = try embed(scene, "--map", folder.file("none.tif"), "--from", "average")
    #expect(none.status == 1 && none.errors.contains("optimizer.average"))
  }
}
