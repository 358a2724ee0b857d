// What an answer of `terrane probe` says of its places and splits.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Words of terrane probe") struct ProbeWordsTests {
  @Test("Places that overlapping scenes share are counted once in each, and that is said")
  func overlaps() throws {
    let probed = try ProbedWindow()
    let again = probed.run.file("again.tif")
    try FileManager.default.copyItem(atPath: probed.scene, toPath: again)
    let options = [
      "--labels", probed.run.file("classes.tif"), "--patch-ground", "480", "--folds", "2",
      "--bootstrap", "10",
    ]
    func probe(_ scenes: [String], _ json: String) throws -> (output: String, labels: [String: Any])
    {
      let outcome = try run(
        Repository.terrane,
        ["probe", probed.run.folder] + scenes + options + ["--json", probed.run.file(json)])
      try #require(outcome.status == 0, "\(outcome.errors)")
      return (outcome.output, try #require(probed.json(json)["labels"] as? [String: Any]))
    }
    let one = try probe([probed.scene], "one.json")
    let two = try probe([probed.scene, again], "two.json")
    // 600 × 400 pixels in patches of 16.
    #expect(one.labels["places"] as? Int == 950 && one.labels["seenBefore"] as? Int == 0)
    #expect(!one.output.contains("overlaps"))
    #expect(two.labels["places"] as? Int == 1900 && two.labels["seenBefore"] as? Int == 950)
    #expect(
      two.output.contains(
        "950 places lie where earlier scenes have them: a place counts once in each scene"),
      "\(two.output)")
    #expect(one.output.contains("by split"))
  }

  @Test("Where a field says the split there is one, and no column for how splits differ")
  func oneSplit() throws {
    let probed = try ProbedWindow()
    let features = (0..<12).map { number in
      """
      {"type": "Feature", "properties": {"name": "\(number % 2 == 0 ? "a" : "b")", "part": "\
      \(number < 8 ? "train" : "test")"}, "geometry": {"type": "Point", "coordinates": \
      [\(-54.7 + 0.01 * Double(number)), -25.36]}}
      """
    }
    try Files.writeDurably(
      "{\"type\": \"FeatureCollection\", \"features\": [\(features.joined(separator: ","))]}",
      to: probed.run.file("points.geojson"))
    let outcome = try probed.probe(
      probed.scene, "--labels", probed.run.file("points.geojson"), "--field", "name", "--split",
      "part", "--bootstrap", "10")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("by the field part: "))
    #expect(!outcome.output.contains("by split"), "\(outcome.output)")
  }

  @Test("Scenes of another unit than the training's are noted")
  func units() throws {
    let probed = try ProbedWindow()
    let script = """
      import sys
      from osgeo import gdal
      gdal.UseExceptions()
      source, target = sys.argv[1:]
      gdal.Translate(target, source, outputType=gdal.GDT_Float32, scaleParams=[[0, 60000, 0, 1]])
      """
    let scaled = probed.run.file("scaled.tif")
    let made = try run("/usr/bin/python3", ["-c", script, probed.scene, scaled])
    try #require(made.status == 0, "\(made.errors)")
    let outcome = try probed.probe(
      scaled, "--labels", probed.run.file("classes.tif"), "--patch-ground", "480", "--folds", "2",
      "--bootstrap", "10")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("in scaled.tif, "), "\(outcome.errors)")
    #expect(outcome.errors.contains("in the training. Are they in one unit?"))
  }
}
