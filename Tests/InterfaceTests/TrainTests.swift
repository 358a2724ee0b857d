// What `terrane train` says: what is wrong with its orders, and how it goes.

import Foundation
import TestSupport
import Testing

@Suite("terrane train") struct TrainTests {
  @Test("A misspelt key is answered with the nearest one")
  func unknownKey() throws {
    let outcome = try terrane("train", "--set", "trainig.steps=3")
    #expect(outcome.status == 64)
    #expect(
      outcome.errors
        == "Error: --set trainig.steps=3: unknown key 'trainig.steps'; did you mean training.steps?\n"
    )
  }

  @Test("A file's mistakes are named by line")
  func mistakes() throws {
    let folder = try TemporaryFolder()
    try folder.write("training:\n  steps: many\n  stepps: 3\n", to: "run.yaml")
    let outcome = try terrane("train", folder.file("run.yaml"))
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == """
        Error: \(folder.file("run.yaml")):2:10: training.steps must be a whole number from 1 to \
        10000000, found 'many'
        \(folder.file("run.yaml")):3:3: unknown key 'training.stepps'; did you mean training.steps?

        """)
  }

  @Test("A folder that holds a run is not begun again, nor gone on with by other numbers")
  func existingRun() throws {
    let run = try TinyRun("training.steps=2")
    #expect(try run.startTraining().waitForEnd() == 0)
    let before = try run.metrics().digests
    let again = try run.startTraining()
    #expect(try again.waitForEnd() == 1)
    #expect(
      again.errors == "Error: \(run.folder) holds a run already; go on with it by "
        + "--resume \(run.folder), or choose another folder by --set run.folder=…\n")
    let changed = try run.startResuming("run.seed=2")
    #expect(try changed.waitForEnd() == 1)
    #expect(
      changed.errors == """
        Error: \(run.folder) was started with other values, and other numbers would come of these:
          run.seed is 1 there, not 2
        leave them as they are, or start a new run

        """)
    #expect(try run.metrics().digests == before)
  }

  @Test("A dataset that lacks shards ends a local run at once, and leaves no folder that is a run")
  func missingShards() throws {
    let scratch = try TemporaryFolder()
    let data = try SampleDataset.copy(to: scratch.file("data"))
    let run = try TinyRun(["training.steps=2"], data: data)
    for number in [1, 3] {
      try FileManager.default.moveItem(
        atPath: "\(data)/training-0000\(number).shard", toPath: scratch.file("\(number)"))
    }
    let training = try run.startTraining()
    #expect(try training.waitForEnd() == 1)
    #expect(
      training.errors.contains(
        "\(data) lacks 2 shards that dataset.json tells of: training-00001.shard, "
          + "training-00003.shard; put them back, or go without"), "\(training.errors)")
    for number in [1, 3] {
      try FileManager.default.moveItem(
        atPath: scratch.file("\(number)"), toPath: "\(data)/training-0000\(number).shard")
    }
    #expect(try run.startTraining().waitForEnd() == 0)
  }

  @Test("A misspelt subcommand is answered with the nearest one")
  func unknownCommand() throws {
    let outcome = try terrane("trian")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("Did you mean 'train'?"), "\(outcome.errors)")
    #expect(try terrane("bench", "stpe").errors.contains("Did you mean 'step'?"))
    #expect(try !terrane("xylophone").errors.contains("Did you mean"))
  }

  @Test("Held-out pixels that hold nothing to learn are warned of, once")
  func nothingToLearn() throws {
    let folder = try TemporaryFolder()
    // A pixel in a thousand makes the deviation, beside which all others are equal.
    let made = try run(
      "/usr/bin/python3",
      [
        "-c",
        """
        from osgeo import gdal, osr
        import numpy as np
        y, x = np.mgrid[0:256, 0:256]
        values = (0.1 + 0.05 * np.sin(x / 17) * np.cos(y / 23)).astype("float32")
        values[(x * 7 + y) % 997 == 0] = 1e30
        out = gdal.GetDriverByName("GTiff").Create("\(folder.file("hot.tif"))", 256, 256, 1, 6)
        out.SetGeoTransform((500000, 10, 0, 5002560, 0, -10))
        system = osr.SpatialReference(); system.ImportFromEPSG(32633); out.SetSpatialRef(system)
        out.GetRasterBand(1).WriteArray(values)
        """,
      ])
    try #require(made.status == 0, "\(made.errors)")
    let cut = try ingest(
      folder.file("data"), folder.file("hot.tif"), "--chip-side", "64", "--stride", "48")
    try #require(cut.status == 0, "\(cut.errors)")
    let run = try TinyRun(
      "training.steps=3", "evaluation.everySteps=1", data: folder.file("data"))
    #expect(try run.startTraining().waitForEnd() == 0)
    let warnings = run.log.split(separator: "\n").filter {
      $0.contains("the loss of patch means is 0.0000: once normalised, the held-out pixels")
    }
    #expect(warnings.count == 1, "\(run.log)")
  }

  @Test("A missing data folder is an error before anything is made")
  func missingData() throws {
    let folder = try TemporaryFolder()
    let outcome = try terrane(
      "train", "--set", "run.folder=\(folder.file("run"))", "--set",
      "data.folder=\(folder.file("none"))")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: \(folder.file("none")) is not a dataset: it has no dataset.json. "
        + "Make one with `terrane-ingest \(folder.file("none")) SCENE…`.\n")
    #expect(try folder.names() == [])
  }

  @Test("There is nothing to resume where no run is")
  func nothingToResume() throws {
    let folder = try TemporaryFolder()
    let outcome = try terrane("train", "--resume", folder.path)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: \(folder.path) holds no run: there is no "
        + "\(folder.path)/configuration.yaml\n")
  }

  @Test("Away from a terminal it prints plain lines")
  func plainLines() throws {
    let run = try TinyRun("training.steps=5")
    let training = try run.startTraining()
    #expect(try training.waitForEnd() == 0)
    #expect(training.output == "")
    #expect(!training.errors.contains("\u{1B}") && !training.errors.contains("\r"))
    let lines = training.errors.split(separator: "\n")
    #expect(lines.contains("waiting for workers") && lines.contains("computing step 1"))
    #expect(lines.contains { $0.hasPrefix("step 1/5  loss ") && $0.hasSuffix(" left") })
    #expect(lines.contains { $0.hasPrefix("step 5/5  loss ") && $0.hasSuffix("  1 worker") })
    let digest = try #require(try run.metrics().digests.last).split(separator: " ")[1]
    #expect(lines.last?.hasSuffix("notice all 5 steps are done; digest \(digest)") == true)
  }

  @Test("--explain lists every value with its default")
  func explain() throws {
    let outcome = try terrane("train", "--explain")
    #expect(outcome.status == 0)
    for word in ["training", "baseLearningRate", "Optimizer updates of the run."] {
      #expect(outcome.output.contains(word))
    }
  }
}
