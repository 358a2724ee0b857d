// Scenes and options that terrane-ingest refuses, and what it says.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

/// What terrane-ingest says no to. Each message names the file, and nothing is left behind.
@Suite("Refusals") struct RefusalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Expects a failed run with this on standard error, and no trace of the output folder.
  private func expectRefusal(
    _ scenes: [String], _ options: [String] = [], says texts: String...,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try run(
      Repository.ingest, [folder.file("out")] + scenes + ["--chip-side", "16"] + options)
    #expect(outcome.status == 1, sourceLocation: location)
    for text in texts {
      #expect(outcome.errors.contains(text), "\(outcome.errors)", sourceLocation: location)
    }
    #expect(outcome.output == "", sourceLocation: location)
    let left = try folder.names().filter { $0.hasPrefix("out") }
    #expect(left == [], sourceLocation: location)
  }

  @Test("A file that is not there, and one that is no raster")
  func unreadable() throws {
    try expectRefusal(
      [folder.file("none.tif")], says: "cannot read \(folder.file("none.tif")): ", "No such file")
    try folder.write("hello", to: "text.tif")
    try expectRefusal(
      [folder.file("text.tif")], says: "cannot read \(folder.file("text.tif")): ",
      "not recognized as a supported file format")
  }

  @Test("A scene whose file was cut off")
  func truncated() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: Repository.landsat[0]))
    let path = folder.file("cut.tif")
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
    try expectRefusal([path], says: "cannot read \(path): ")
  }

  @Test("Missing georeferencing")
  func notOnMap() throws {
    let path = try SyntheticScene(isOnMap: false).write("a", in: folder)
    try expectRefusal([path], says: "\(path) has no coordinate reference system", "gdal_translate")
  }

  @Test("Scenes that differ in bands or type")
  func differing() throws {
    let first = try SyntheticScene().write("first", in: folder)
    let bands = try SyntheticScene(bands: ["a"]).write("bands", in: folder)
    try expectRefusal(
      [first, bands],
      says: "\(bands) has another number of bands than \(first): 1, expected 2")
    let names = try SyntheticScene(bands: ["red", "nir"]).write("names", in: folder)
    try expectRefusal(
      [first, names],
      says: "\(names) has another list of bands than \(first): red, nir, expected red, green")
    let type = try SyntheticScene(type: .int16).write("type", in: folder)
    try expectRefusal(
      [first, type],
      says: "\(type) has another pixel type than \(first): int16, expected uint16")
  }

  @Test("Numbers that chips cannot hold")
  func inexact() throws {
    let path = try SyntheticScene(type: .int32) { _, _, _ in 16_777_217 }.write("a", in: folder)
    try expectRefusal([path], says: "band 1 of \(path) holds 16777217.0 (int32)")
  }

  @Test("A scene given twice, by whatever path")
  func twice() throws {
    let path = try SyntheticScene().write("a", in: folder)
    let other = folder.path + "/./a"
    try expectRefusal([path, other], says: "\(other) is given twice")
  }

  @Test("Scenes without a chip")
  func noChips() throws {
    let small = try SyntheticScene(width: 15).write("small", in: folder)
    try expectRefusal([small], says: "no scene holds a chip of 16 × 16 pixels")
    let empty = try SyntheticScene(nodata: 5) { _, _, _ in 5 }.write("empty", in: folder)
    try expectRefusal([empty], says: "windows has at most 10 % of nodata")
  }

  @Test("A holdout that leaves nothing to train on")
  func noTraining() throws {
    let path = try SyntheticScene(width: 32, height: 16).write("a", in: folder)
    try expectRefusal(
      [path], ["--stride", "16", "--holdout", "0.5"],
      says: "a holdout of 50 % leaves none of 2 chips for training", "Lower --holdout")
  }

  @Test("A disk that is full: nothing half-read stays")
  func fullDisk() throws {
    let path = try SyntheticScene(width: 400, height: 400) { band, row, column in
      Double((band * 7919 + row * 104_729 + column * 1_299_709) % 65_521)
    }.write("a", in: folder)
    // A limit on file sizes stands in for a full disk: writing fails in the middle of a scene.
    let command =
      "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""
    let outcome = try run(
      "/bin/bash", ["-c", command, Repository.ingest, folder.file("out"), path, "--holdout", "0"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains(
        "cannot write to \(folder.file("out.partial/work/scan/000000.payloads"))"),
      "\(outcome.errors)")
    #expect(try folder.names() == ["a", "a.hdr"])
  }

  @Test(
    "Options out of their bounds are wrong usage",
    arguments: [
      (["--stride", "17"], "--stride is 17; it must be from 1 to --chip-side (16)"),
      (["--stride", "0"], "--stride is 0"),
      (["--chip-side", "7", "--stride", "1"], "--chip-side is 7; it must be from 8 to 8192"),
      (["--max-nodata", "1"], "--max-nodata is 1.0; it is a share, from 0 to below 1"),
      (["--max-nodata", "nan"], "--max-nodata is nan"),
      (["--holdout", "1.5"], "--holdout is 1.5"),
      (["--holdout=-0.1"], "--holdout is -0.1"),
      (["--chips-per-shard", "0"], "--chips-per-shard is 0"),
      (["--chip-side", "ten"], "The value 'ten' is invalid"),
      (["--scale", "0"], "--scale is '0'; it is a number other than 0"),
      (["--colour"], "Unknown option '--colour'"),
    ])
  func options(options: [String], text: String) throws {
    let side = options.contains("--chip-side") ? [] : ["--chip-side", "16"]
    let outcome = try run(Repository.ingest, [folder.file("out"), "a.tif"] + side + options)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(text), "\(outcome.errors)")
  }
}

@Suite("The output folder") struct OutputFolderTests {
  private let folder: TemporaryFolder
  private let scene: String

  init() throws {
    folder = try TemporaryFolder()
    scene = try SyntheticScene().write("scene", in: folder)
  }

  private func ingest(_ options: String...) throws -> Outcome {
    try run(
      Repository.ingest,
      [folder.file("out"), scene, "--chip-side", "16", "--holdout", "0"] + options)
  }

  @Test("An empty folder is used; a dataset is replaced only when asked for")
  func overwrite() throws {
    try Files.createFolder(folder.file("out"))
    #expect(try ingest().status == 0)
    let before = try Dataset(folder: folder.file("out")).digest
    let refused = try ingest("--stride", "8")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("\(folder.file("out")) exists and is not empty"))
    #expect(refused.errors.contains("--overwrite"))
    #expect(try Dataset(folder: folder.file("out")).digest == before)
    #expect(try ingest("--stride", "8", "--overwrite").status == 0)
    #expect(try Dataset(folder: folder.file("out")).digest != before)
    #expect(try folder.names() == ["out", "scene", "scene.hdr"])
  }

  @Test("A failed run leaves the old dataset as it was")
  func failedOverwrite() throws {
    #expect(try ingest().status == 0)
    let before = try Dataset(folder: folder.file("out")).digest
    #expect(try ingest("--chip-side", "4000", "--overwrite").status == 1)
    #expect(try Dataset(folder: folder.file("out")).digest == before)
    #expect(try folder.names() == ["out", "scene", "scene.hdr"])
  }

  @Test("Folders that hold other things are never removed")
  func foreignFolders() throws {
    try Files.createFolder(folder.file("out"))
    try folder.write("my thesis", to: "out/thesis.txt")
    let outcome = try ingest("--overwrite")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("holds other things than a dataset and is not touched"))
    #expect(try folder.names() == ["out", "scene", "scene.hdr"])

    try Files.remove(folder.file("out"))
    try Files.createFolder(folder.file("out.partial"))
    try folder.write("my thesis", to: "out.partial/thesis.txt")
    #expect(try ingest().errors.contains("out.partial holds other things"))
    #expect(Files.exists(folder.file("out.partial/thesis.txt")))
  }

  @Test("A file in the place of the folder is an error, which says that the folder comes first")
  func file() throws {
    try folder.write("", to: "out")
    #expect(
      try ingest().errors.contains(
        "\(folder.file("out")) is a file. The dataset's folder, OUT, comes first"))
  }

  @Test("A folder of scenes in the place of the dataset's is not to be overwritten")
  func swapped() throws {
    let scenes = try TemporaryFolder()
    try scenes.write("mine", to: "notes.txt")
    let outcome = try run(Repository.ingest, [scenes.path, folder.file("out")])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("exists and is not empty, and holds no dataset"))
    #expect(outcome.errors.contains("OUT, comes first"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("--overwrite"))
  }

  @Test("An empty word is no folder")
  func emptyWord() throws {
    let outcome = try run(Repository.ingest, ["", scene])
    #expect(outcome.status == 1 && outcome.errors.contains("is an empty word"), "\(outcome.errors)")
  }

  @Test("Without arguments the error and its usage are all that is said")
  func nothing() throws {
    let outcome = try run(Repository.ingest, [])
    let lines = outcome.errors.split(separator: "\n")
    #expect(outcome.status == 64 && lines.count < 12, "\(outcome.errors)")
    #expect(lines.first == "Error: Missing expected argument '<out>'")
    #expect(lines.dropFirst().first?.hasPrefix("Usage: terrane-ingest OUT SCENE…") == true)
    #expect(lines.last == "  See 'terrane-ingest --help' for more information.")
  }

  @Test("What a stopped run left is cleared by the next one")
  func leftovers() throws {
    try Files.createFolder(folder.file("out.partial"))
    try folder.write("half", to: "out.partial/training-00000.shard")
    #expect(try ingest().status == 0)
    #expect(try folder.names() == ["out", "scene", "scene.hdr"])
  }

  @Test("A dataset that a crash left aside while it was replaced comes back")
  func crashWhileReplacing() throws {
    #expect(try ingest().status == 0)
    try Files.rename(folder.file("out"), to: folder.file("out.replaced"))
    let outcome = try ingest()
    #expect(outcome.errors.contains("exists and is not empty"))
    #expect(try Dataset(folder: folder.file("out")).description.trainingChips == 9)
  }
}
