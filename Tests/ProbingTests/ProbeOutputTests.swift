// What `terrane probe` writes over and what it does not, and which scenes it reads how.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Files and scenes of terrane probe") struct ProbeOutputTests {
  @Test("Files that are there stay unless --overwrite is said, and two probes make no file at once")
  func existing() throws {
    let probed = try ProbedWindow()
    let json = probed.run.file("a.json")
    try Files.writeDurably("mine", to: json)
    func probe(_ more: String...) throws -> Outcome {
      try run(
        Repository.terrane,
        [
          "probe", probed.run.folder, probed.scene, "--labels", probed.run.file("red.tif"),
          "--patch-ground", "480", "--folds", "2", "--bootstrap", "10",
        ] + more)
    }
    for (option, name) in [("--json", "a.json"), ("--save", "a.json"), ("--map", "a.json")] {
      let refused = try probe(option, probed.run.file(name))
      #expect(refused.status == 1 && refused.output.isEmpty)
      #expect(refused.errors.contains("--overwrite"), "\(refused.errors)")
    }
    let twice = try probe("--json", json, "--save", json, "--overwrite")
    #expect(twice.status == 1 && twice.errors.contains("two outputs"))
    let labels = try probe("--map", probed.run.file("red.tif"), "--overwrite")
    #expect(labels.status == 1 && labels.errors.contains("is what is read"))
    #expect(try Files.readText(json) == "mine")
    try withExtendedLifetime(OutputLock(json)) {
      let second = try probe("--json", json, "--overwrite")
      #expect(second.status == 1 && second.errors.contains("another process is making"))
    }
    #expect(try probe("--json", json, "--overwrite").status == 0)
    #expect(try probed.json("a.json")["labels"] != nil)
    #expect(!Files.exists(json + ".lock"))
  }

  @Test("What cannot be made of these labels is refused before anything is computed")
  func early() throws {
    let probed = try ProbedWindow()
    try Files.writeDurably("a,b\n1,2\n", to: probed.run.file("other.csv"))
    func refusal(_ labels: String, _ more: String...) throws -> String {
      let outcome = try run(
        Repository.terrane,
        ["probe", probed.run.folder, probed.scene, "--labels", probed.run.file(labels)] + more)
      #expect(outcome.status != 0 && outcome.output.isEmpty, "\(outcome.output)")
      return outcome.errors
    }
    let (map, picture) = (probed.run.file("m.tif"), probed.run.file("c.png"))
    #expect(try refusal("red.tif", "--confusion", picture).contains("these labels are numbers"))
    #expect(
      try refusal("classes.tif", "--map", map, "--map-with", "ridge").contains("knn5, linear"))
    #expect(try refusal("classes.tif", "--map-with", "knn5").contains("goes with --map"))
    #expect(
      try refusal("classes.tif", "--csv", probed.run.file("other.csv")).contains("other columns"))
    #expect(!Files.exists(map) && !Files.exists(picture))
  }

  @Test("A run whose labels cannot be probed does not begin, and says why")
  func evaluation() throws {
    let probed = try ProbedWindow()
    let far = probed.run.file("far.geojson")
    let points = ["a", "b"].enumerated().map { number, name in
      "{\"type\": \"Feature\", \"properties\": {\"name\": \"\(name)\"}, \"geometry\": "
        + "{\"type\": \"Point\", \"coordinates\": [\(number), 0]}}"
    }
    try Files.writeDurably(
      "{\"type\": \"FeatureCollection\", \"features\": [\(points.joined(separator: ","))]}", to: far
    )
    let cases = [
      (["evaluation.probe=\(far)"], "labels no patch of"),
      (["evaluation.probe=\(far)", "evaluation.probeField=kind"], "has no field kind"),
      (["evaluation.probe=\(probed.run.file("same.tif"))"], "are of one class, 4"),
    ]
    for (options, words) in cases {
      let run = try TinyRun(["training.steps=2"] + options)
      let training = try run.startTraining()
      #expect(try training.waitForEnd() == 1)
      #expect(training.errors.contains("Error: evaluation.probe cannot be: "), "\(training.errors)")
      #expect(training.errors.contains(words), "\(training.errors)")
      #expect(!Files.exists(run.folder), "what is left belongs to no run")
    }
    let sound = try TinyRun(
      "training.steps=2", "evaluation.probe=\(probed.run.file("classes.tif"))",
      "evaluation.probeEverySteps=2")
    let training = try sound.startTraining()
    #expect(try training.waitForEnd() == 0)
    #expect(training.errors.contains("probe, step 2: "), "\(training.errors)")
  }

  @Test("Scenes of two datasets are each read as they were for their own")
  func readings() throws {
    let probed = try ProbedWindow()
    // The upper half of the second scene is 7, which only its own ingestion knows to be no data.
    try """
    import sys
    import numpy as np
    from osgeo import gdal
    gdal.UseExceptions()
    source, folder = sys.argv[1:]
    gdal.Translate(folder + "/half.tif", source, srcWin=[300, 100, 600, 400])
    half = gdal.Open(folder + "/half.tif", 1)
    pixels = half.ReadAsArray()
    out = gdal.GetDriverByName("GTiff").Create(folder + "/labels.tif", 600, 400, 1, 6)
    out.SetGeoTransform(half.GetGeoTransform())
    out.SetSpatialRef(half.GetSpatialRef())
    out.GetRasterBand(1).WriteArray(pixels[0].astype("float32"))
    pixels[:, :200] = 7
    half.WriteArray(pixels)
    """.write(toFile: probed.run.file("half.py"), atomically: false, encoding: .utf8)
    let folder = Files.parent(of: probed.run.file("x"))
    let made = try run(
      "/usr/bin/python3", [probed.run.file("half.py"), Repository.landsat[0], folder])
    try #require(made.status == 0, "\(made.errors)")
    let chips = ["--chip-side", "64", "--holdout", "0"]
    for (data, scene, more) in [
      ("one", "window.tif", []), ("two", "half.tif", ["--nodata", "7"]),
    ] {
      let ingested = try run(
        Repository.ingest, [probed.run.file(data), probed.run.file(scene)] + chips + more)
      try #require(ingested.status == 0, "\(ingested.errors)")
    }
    let both = try TinyRun(
      "training.steps=2", data: "[\(probed.run.file("one")),\(probed.run.file("two"))]")
    try #require(both.startTraining().waitForEnd() == 0, "\(both.log)")
    let outcome = try run(
      Repository.terrane,
      [
        "probe", both.folder, "--labels", probed.run.file("labels.tif"), "--patch-ground", "480",
        "--folds", "2", "--bootstrap", "10", "--json", probed.run.file("r.json"),
      ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let labels = try #require(probed.json("r.json")["labels"] as? [String: Any])
    let found = try #require(labels["found"] as? Int)
    let withoutData = try #require(labels["withoutData"] as? Int)
    // 600 × 400 pixels in patches of 16; the labels are of both halves.
    #expect(found == 38 * 25 && abs(withoutData - found / 2) <= 38, "\(withoutData)")
  }
}
