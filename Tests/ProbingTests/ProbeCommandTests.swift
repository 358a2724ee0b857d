// `terrane probe` on a run of a few steps: what it answers and writes, and what it refuses.

import Foundation
import TestSupport
import Testing

@Suite("terrane probe") struct ProbeCommandTests {
  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  /// Prints what GDAL and safetensors' format say of a probe's files.
  private static let reader = """
    import json, struct, sys
    from osgeo import gdal
    map, scene, saved = sys.argv[1:]
    a, b = gdal.Open(map), gdal.Open(scene)
    band = a.GetRasterBand(1)
    values = band.ReadAsArray()
    print(a.GetMetadata("IMAGE_STRUCTURE").get("LAYOUT"), a.GetSpatialRef().IsSame(b.GetSpatialRef()),
          a.GetGeoTransform()[0] == b.GetGeoTransform()[0], sorted(set(values.flat)),
          band.GetNoDataValue(), band.GetColorTable().GetCount(), a.GetMetadataItem("CLASS_3"))
    with open(saved, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    print(header["features.pretrained"]["shape"], header["features.imagestats"]["shape"],
          sorted(n for n in header if n.startswith("split.0")), header["__metadata__"]["classes"])
    """

  @Test("Classes: scores beside both baselines, a table, pictures, and a map that GDAL reads")
  func classes() throws {
    let probed = try ProbedWindow()
    let files = ["a.json", "a.csv", "c.png", "m.tif", "m.png", "s.safetensors"].map(
      probed.run.file)
    let outcome = try probed.probe(
      probed.scene, "--labels", probed.run.file("classes.tif"), "--patch-ground", "240", "--folds",
      "3", "--json", files[0], "--csv", files[1], "--confusion", files[2], "--map", files[3],
      "--picture", files[4], "--save", files[5], "--bootstrap", "50")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    for word in ["pretrained", "random initialisation", "imagestats", "knn5", "linear", "By class"]
    {
      #expect(outcome.output.contains(word))
    }
    #expect(
      outcome.output.hasSuffix(
        "wrote \(files.prefix(2).joined(separator: ", ")), "
          + "\(files[5]), \(files[2...4].joined(separator: ", "))\n"))

    let report = try probed.json("a.json")
    let results = try #require(report["results"] as? [[String: Any]])
    #expect(results.count == 6)
    // The label is a function of the patch's own brightness: its mean tells it.
    let plain = try #require(
      results.first {
        $0["features"] as? String == "imagestats" && $0["method"] as? String == "linear"
      })
    let accuracy = try #require(plain["accuracy"] as? [String: Double])
    #expect(accuracy["value"]! > 0.8)

    let rows = try String(contentsOfFile: files[1], encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 7 && rows[0].hasPrefix("dataset,method,metric_name,metric_value,"))
    let cells = rows.map { row in row.split(separator: ",", omittingEmptySubsequences: false).count
    }
    #expect(cells.min() == 38)

    try Self.reader.write(
      toFile: probed.run.file("read.py"), atomically: false, encoding: .utf8)
    let read = try run(
      "/usr/bin/python3", [probed.run.file("read.py"), files[3], probed.scene, files[5]])
    #expect(read.status == 0, "\(read.errors)")
    let lines = read.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "COG 1 True [1, 2, 3] 0.0 256 3")
    // 600 × 400 pixels in patches of 8.
    #expect(
      lines.last == "[3750, 32] [3750, 12] ['split.0.pool', 'split.0.test', 'split.0.training', "
        + "'split.0.validation'] [\"1\",\"2\",\"3\"]")

    // Another number of threads, and rows are added.
    let again = try probed.probe(
      probed.scene, "--labels", probed.run.file("classes.tif"), "--patch-ground", "240", "--folds",
      "3", "--json", probed.run.file("b.json"), "--csv", files[1], "--bootstrap", "50", "--threads",
      "1")
    #expect(again.status == 0, "\(again.errors)")
    let (two, one) = (try Self.text(files[0]), try Self.text(probed.run.file("b.json")))
    #expect(two == one)
    #expect(
      try String(contentsOfFile: files[1], encoding: .utf8).split(separator: "\n").count == 13)
  }

  @Test("Numbers: R² of a band, on the scenes of the run's own dataset, with a limit")
  func numbers() throws {
    let probed = try ProbedWindow()
    let outcome = try probed.probe(
      "--labels", probed.run.file("red.tif"), "--limit", "900", "--folds", "2", "--json",
      probed.run.file("n.json"))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("R²") && outcome.output.contains("ridge"))
    #expect(outcome.output.contains("warning: ") && outcome.output.contains("lie in chips"))
    let report = try probed.json("n.json")
    let labels = try #require(report["labels"] as? [String: Any])
    #expect(labels["places"] as? Int == 900 && (labels["found"] as? Int ?? 0) > 1200)
    // Both scenes of the dataset are asked.
    #expect((labels["scenes"] as? [String])?.count == 2)
    let results = try #require(report["results"] as? [[String: Any]])
    let determination = try #require(results[2]["determination"] as? [String: Double])
    #expect(results[2]["features"] as? String == "imagestats" && determination["value"]! > 0.9)
  }

  @Test("Labels of which nothing can be learned are refused with what to do")
  func refusals() throws {
    let probed = try ProbedWindow()
    func problem(_ arguments: String...) throws -> String {
      let outcome = try run(
        Repository.terrane, ["probe", probed.run.folder, probed.scene, "--labels"] + arguments)
      #expect(outcome.status != 0 && outcome.output == "")
      return outcome.errors
    }
    func points(_ name: String, _ places: [(Double, Double, String)]) throws -> String {
      let features = places.map {
        "{\"type\": \"Feature\", \"properties\": {\"name\": \($0.2)}, \"geometry\": "
          + "{\"type\": \"Point\", \"coordinates\": [\($0.0), \($0.1)]}}"
      }
      let text =
        "{\"type\": \"FeatureCollection\", \"features\": ["
        + features.joined(separator: ",\n") + "]}"
      try text.write(toFile: probed.run.file(name), atomically: false, encoding: .utf8)
      return probed.run.file(name)
    }
    #expect(try problem(probed.run.file("absent.gpkg")).contains("cannot read"))
    #expect(try problem(probed.run.file("same.tif")).contains("are of one class, 4"))
    #expect(
      try problem(probed.run.file("same.tif"), "--task", "numbers").contains(
        "have the number 4, so that there is nothing to predict"))
    #expect(
      try problem(probed.run.file("classes.tif"), "--folds", "20", "--block", "30000").contains(
        "20 folds need 20 at least"))
    #expect(
      try problem(probed.run.file("classes.tif"), "--split", "part").contains(
        "is a raster, which has no fields"))
    let elsewhere = try points("far.geojson", [(0, 0, "\"a\""), (1, 1, "\"b\"")])
    #expect(try problem(elsewhere).contains("labels no patch of window.tif"))
    // Two labels in the window, two nulls.
    let few = try points(
      "few.geojson",
      [
        (-54.7, -25.35, "\"a\""), (-54.6, -25.38, "\"b\""), (-54.65, -25.36, "null"),
        (-54.66, -25.36, "null"),
      ])
    let fewBlocks = try problem(few)
    #expect(fewBlocks.contains("5 folds need 5 at least"))
    #expect(fewBlocks.contains("a field that says train, val or test and name it with --split"))
    #expect(
      try problem(
        probed.run.file("classes.tif"), "--confusion", probed.run.file("c.jpg")
      ).contains("does not end in .png"))
  }

  @Test("What is no run, has no checkpoint, or a damaged one is refused; a run at work is probed")
  func runs() throws {
    let probed = try ProbedWindow()
    let labels = ["--labels", probed.run.file("classes.tif"), "--folds", "2", "--bootstrap", "10"]
    func probe(_ folder: String) throws -> Outcome {
      try run(Repository.terrane, ["probe", folder, probed.scene] + labels)
    }
    let nowhere = try probe(probed.run.file("nowhere"))
    #expect(nowhere.status == 1 && nowhere.errors.contains("holds no run"))
    let early = try StandaloneCluster(TinyRun())
    #expect(try probe(early.run.folder).errors.contains("has no checkpoint yet"))

    let file = probed.run.checkpoint(ofStep: 2) + "/parameters.safetensors"
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: file))
    let damaged = try run(
      Repository.terrane, ["probe", probed.run.folder, probed.scene, "--from", "2"] + labels)
    #expect(damaged.status == 1 && damaged.errors.contains("parameters.safetensors"))

    let working = try TinyRun("training.steps=100000")
    let training = try working.startTraining()
    try working.waitForStep(12)
    let outcome = try probe(working.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    training.send(signal: SIGTERM)
    #expect(try training.waitForEnd() == 75)
  }
}
