// `terrane embed` as a user has it: a run of a few seconds, the sample scenes, and GDAL as judge.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("terrane embed") struct EmbedTests: EmbedCase {
  let folder: TemporaryFolder
  let trained: TinyRun

  init() throws {
    folder = try TemporaryFolder()
    trained = try TrainedRun.run()
  }

  private func describe(_ map: String) throws -> String {
    try MadeScene.python(
      in: folder,
      """
      d = gdal.Open(sys.argv[1])
      b = d.GetRasterBand(1)
      words = d.GetMetadata()
      print(d.RasterXSize, d.RasterYSize, d.RasterCount, b.GetDescription(),
            d.GetRasterBand(d.RasterCount).GetDescription(), gdal.GetDataTypeName(b.DataType),
            b.GetNoDataValue(), d.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"))
      print(*d.GetGeoTransform())
      print(osr.SpatialReference(d.GetProjection()).GetAuthorityCode(None))
      print(words["STEP"], words["INPUT_BANDS"], words["PATCH_SCENE_PIXELS"])
      a = d.ReadAsArray().astype("float64")
      print(np.isnan(a).any(), a.std() > 0)
      """, [map])
  }

  @Test("A map is a cloud-optimised GeoTIFF in the scene's system, and says what it is")
  func map() throws {
    let scene = try piece()
    let map = folder.file("map.tif")
    let outcome = try embed(scene, "--map", map, "--preview", folder.file("map.png"))
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    // A chip has 64 pixels, an image shows √0.6 of them on average, and 4 patches.
    let size = 64 * 0.6.squareRoot() / 4
    let lines = try describe(map).split(separator: "\n").map(String.init)
    let width = Int((700 / size).rounded())
    let height = Int((500 / size).rounded())
    #expect(lines[0] == "\(width) \(height) 32 E000 E031 Float32 nan COG")
    let numbers = lines[1].split(separator: " ").compactMap { Double($0) }
    #expect(abs(numbers[1] - 30 * size) < 1e-9 && abs(numbers[5] + 30 * size) < 1e-9)
    #expect(lines[2] == "32621")
    #expect(lines[3].hasPrefix("5 "))
    #expect(lines[4] == "False True")
    #expect(outcome.output.contains("\(width) × \(height) patches"))
    #expect(outcome.output.contains("as in the training"))
    #expect(outcome.output.contains("across borders of crops"))
    #expect(try folder.names().filter { $0.contains("partial") }.isEmpty)
    let picture = try Data(contentsOf: URL(fileURLWithPath: folder.file("map.png")))
    #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 5000)
  }

  @Test("Threads do not change a byte, and a map that was killed goes on to the same bytes")
  func goesOn() throws {
    let scene = try piece()
    let whole = folder.file("whole.tif")
    let first = try embed(scene, "--map", whole, "--patch-ground", "40", "--threads", "1")
    try #require(first.status == 0, "\(first.errors)")
    let cut = folder.file("cut.tif")
    let arguments = ["embed", trained.folder, scene, "--map", cut, "--patch-ground", "40"]
    let running = try RunningProgram(Repository.terrane, arguments)
    let progress = cut + ".partial/progress.json"
    try wait(for: "the first blocks", evidence: "") {
      let text = (try? String(contentsOfFile: progress, encoding: .utf8)) ?? ""
      return text.contains("\"blocks\"") && !text.contains("\"blocks\" : 0,")
    }
    running.kill()
    _ = try running.waitForEnd()
    #expect(!Files.exists(cut))
    let other = try embed(scene, "--map", cut)
    #expect(other.status == 1 && other.errors.contains("the beginning of another map"))
    let second = try run(Repository.terrane, arguments)
    try #require(second.status == 0, "\(second.errors)")
    let bytes = try [whole, cut].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    #expect(bytes[0] == bytes[1])
    let there = try run(Repository.terrane, arguments)
    #expect(there.status == 1 && there.errors.contains("--overwrite"))
    #expect(try run(Repository.terrane, arguments + ["--overwrite"]).status == 0)
  }

  @Test("Bytes are the floats' unit vectors by the published formula, and the loss is measured")
  func bytes() throws {
    let scene = try piece(
      more: """
        d = gdal.Open("piece.tif", 1)
        for b in range(1, 4):
            band = d.GetRasterBand(b)
            band.SetNoDataValue(0)
            a = band.ReadAsArray()
            a[:200, :200] = 0
            band.WriteArray(a)
        """)
    for (name, more) in [("floats.tif", []), ("bytes.tif", ["--int8"])] {
      let outcome = try run(
        Repository.terrane,
        ["embed", trained.folder, scene, "--map", folder.file(name)] + more)
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("of the patches; the others are nodata"))
    }
    let report = try MadeScene.python(
      in: folder,
      """
      a = gdal.Open("floats.tif").ReadAsArray().astype("float64")
      d = gdal.Open("bytes.tif")
      q = d.ReadAsArray().view("int8")
      valid = ~np.isnan(a[0])
      print(0.3 < valid.mean() < 1, np.array_equal(valid, q[0] != -128))
      a = (a / np.sqrt((a * a).sum(0)))[:, valid]
      q = q[:, valid].astype("float64")
      wanted = np.clip(np.round(np.sign(a) * np.sqrt(np.abs(a)) * 127.5), -127, 127)
      print(np.abs(q - wanted).max() <= 1, (q != wanted).mean() < 1e-3)
      error = np.sign(q) * (q / 127.5) ** 2 - a
      words = d.GetMetadata()
      said = float(words["QUANTIZATION_ROOT_MEAN_SQUARE"])
      measured = np.sqrt((error ** 2).mean())
      print(abs(said / measured - 1) < 1e-3, d.GetRasterBand(1).GetNoDataValue())
      """)
    #expect(report == "True True\nTrue True\nTrue -128.0\n")
  }

  @Test("Several scenes make a folder of maps; one in another system and resolution fits too")
  func several() throws {
    let scene = try piece(
      more: """
        gdal.Warp("other.tif", "piece.tif", dstSRS="EPSG:32622", xRes=60, yRes=60,
                  srcNodata=None, dstNodata=0)
        gdal.Translate("rotated.tif", "piece.tif")
        d = gdal.Open("rotated.tif", 1)
        d.SetGeoTransform((600000, 29, 7, -2600000, 7, -29))
        d = None
        """)
    let maps = folder.file("maps")
    let outcome = try embed(
      scene, folder.file("other.tif"), folder.file("rotated.tif"), "--map", maps)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(try Files.list(maps) == ["other.tif", "piece.tif", "rotated.tif"])
    #expect(outcome.output.contains("rotated.tif") && outcome.output.contains("Valid: "))
    let lines = try describe(maps + "/other.tif").split(separator: "\n")
    #expect(lines[2] == "32622")
    // The same ground in half as many pixels.
    let size = try #require(lines[3].split(separator: " ").last.flatMap { Double($0) })
    #expect(abs(size - 64 * 0.6.squareRoot() / 8) < 1e-9)
  }

  @Test("What cannot be is said before anything is made, with what to do")
  func refusals() throws {
    let scene = try piece(
      more: """
        gdal.Translate("two.tif", "piece.tif", bandList=[1, 2])
        d = gdal.Translate("scaled.tif", "piece.tif")
        for b in range(1, 4): d.GetRasterBand(b).SetScale(0.0001)
        d = None
        """)
    let map = folder.file("map.tif")
    func refusal(_ arguments: String...) throws -> String {
      let outcome = try run(Repository.terrane, ["embed"] + arguments)
      #expect(outcome.status != 0 && outcome.output.isEmpty, "\(arguments)")
      #expect(!Files.exists(map) && !Files.exists(map + ".partial"))
      return outcome.errors
    }
    let known = trained.folder
    #expect(
      try refusal(known, folder.file("two.tif"), "--map", map)
        .contains("does not have the bands that the run was trained on"))
    #expect(
      try refusal(known, folder.file("scaled.tif"), "--map", map).contains("--scale 1 --offset 0"))
    #expect(try refusal(folder.path, scene, "--map", map).contains("holds no run"))
    #expect(try refusal(known, scene).contains("--map OUT.tif, --chips OUT.parquet"))
    #expect(try refusal(known, scene, "--map", folder.path).contains("is a folder"))
    #expect(try refusal(known, scene, "--map", folder.file("no/map.tif")).contains("no folder"))
    #expect(try refusal(known, scene, "--map", map, "--from", "4").contains("4"))
    #expect(
      try refusal(known, scene, "--map", map, "--patch-ground", "1e9").contains("--patch-ground"))
    #expect(
      try refusal(known, try SampleDataset.folder(), "--map", map).contains("use --chips"))
    let advised = try self.embed(
      folder.file("scaled.tif"), "--map", map, "--scale", "1", "--offset", "0")
    #expect(advised.status == 0, "\(advised.errors)")
  }

  @Test("A table has a row for each chip of a dataset, and of scenes in chips of that ground")
  func tables() throws {
    let table = folder.file("chips.parquet")
    let data = try SampleDataset.folder()
    let outcome = try embed(data, "--chips", table)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let text = try String(contentsOfFile: data + "/dataset.json", encoding: .utf8)
    let chips = text.split(separator: "\n").filter { $0.contains("\"chips\" :") }
    #expect(!chips.isEmpty)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: table))
    #expect(bytes.prefix(4) == Data("PAR1".utf8) && bytes.suffix(4) == Data("PAR1".utf8))
    let item = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.file("chips.json"))))
    let members = try #require(item as? [String: Any])
    #expect((members["assets"] as? [String: Any])?["embeddings"] != nil)
    let properties = try #require(members["properties"] as? [String: Any])
    #expect((properties["datetime"] as? String)?.hasPrefix("2020-05-18") == true)
    let scene = try piece()
    let scenes = folder.file("scenes.parquet")
    let second = try embed(scene, "--chips", scenes, "--pool", "both")
    try #require(second.status == 0, "\(second.errors)")
    // 11 × 8 windows of 64 pixels in 700 × 500, the last ones at the edges.
    #expect(second.output.contains("88 rows of 64 values"))
  }

  @Test("Shards that are missing are said; a dataset without any is refused")
  func missingShards() throws {
    let copy = try SampleDataset.copy(to: folder.file("data"))
    let shards = try Files.list(copy).filter { $0.hasSuffix(".shard") || $0.contains("shard") }
    try Files.remove(copy + "/" + (try #require(shards.first)))
    let table = folder.file("chips.parquet")
    let outcome = try embed(copy, "--chips", table)
    #expect(outcome.status == 0 && outcome.output.contains("1 of "), "\(outcome.errors)")
    let bare = try SampleDataset.copyWithoutShards(to: folder.file("bare"))
    let refused = try embed(bare, "--chips", folder.file("none.parquet"))
    #expect(refused.status == 1 && refused.errors.contains("none of the shards"))
    #expect(!Files.exists(folder.file("none.parquet")))
  }

  @Test("Where the program that carries it out is missing, the message says what to copy")
  func missingProgram() throws {
    let alone = folder.file("terrane")
    try FileManager.default.copyItem(atPath: Repository.terrane, toPath: alone)
    for command in ["embed", "probe"] {
      let outcome = try run(alone, [command, "--help"])
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("none at \(folder.file("terrane-features"))"))
    }
    let help = try run(alone, ["--help"])
    #expect(help.output.contains("  embed ") && help.output.contains("  probe "))
    #expect(try embed("--help").output.contains("USAGE: terrane embed RUN SCENE"))
  }

  @Test("A disk that is full is said, and the same command goes on when there is room")
  func fullDisk() throws {
    let scene = try piece()
    let map = folder.file("map.tif")
    let words = ["embed", trained.folder, scene, "--map", map, "--patch-ground", "40"]
    let limited = "ulimit -f 4096; exec \"$0\" \"$@\""
    let outcome = try run("/bin/bash", ["-c", limited, Repository.terrane] + words)
    #expect(outcome.status == 1 && outcome.errors.contains("cannot write"), "\(outcome.errors)")
    #expect(!Files.exists(map))
    let again = try run(Repository.terrane, words)
    #expect(again.status == 0, "\(again.errors)")
  }

  @Test("A run that is still training gives its newest checkpoint; damaged ones are refused")
  func otherRuns() throws {
    let scene = try piece()
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(12)
    let arguments = ["embed", run.folder, scene, "--chips", folder.file("chips.parquet")]
    let outcome = try TestSupport.run(Repository.terrane, arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try training.waitForEnd() == 0)
    for step in try Files.list(run.folder + "/checkpoints") {
      let checkpoint = run.folder + "/checkpoints/" + step
      for name in try Files.list(checkpoint) where name.hasSuffix(".safetensors") {
        let path = checkpoint + "/" + name
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(bytes.count - 100).write(to: URL(fileURLWithPath: path))
      }
    }
    let refused = try TestSupport.run(Repository.terrane, arguments + ["--overwrite"])
    #expect(refused.status == 1 && refused.errors.contains("checkpoint"), "\(refused.errors)")
  }
}
