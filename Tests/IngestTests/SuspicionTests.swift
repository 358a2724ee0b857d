// What terrane-ingest says of scenes that are not what they seem.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

/// Each scene has 256 × 256 pixels and is cut into 25 chips of 64.
@Suite("Suspicious scenes") struct SuspicionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func ingest(_ scenes: String..., options: [String] = []) throws -> Outcome {
    try run(
      Repository.ingest,
      [folder.file("out")] + scenes.map(folder.file)
        + ["--chip-side", "64", "--stride", "48", "--overwrite"] + options)
  }

  /// Expects a dataset with a note that holds the text, in the summary and in its description.
  private func expectNote(
    _ outcome: Outcome, _ text: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    try #require(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.output.contains(text), "\(outcome.output)", sourceLocation: location)
    let notes = try Dataset(folder: folder.file("out")).description.notes
    #expect(notes.contains { $0.contains(text) }, "\(notes)", sourceLocation: location)
  }

  @Test("Fill that nobody declared is said, and chips of nothing else are dropped")
  func undeclaredFill() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture().astype("uint16"); fill = (X + Y < 160) | (X + Y > 380)
      a = t.copy(); a[:, fill] = 0; save("collar.tif", a); save("wrong.tif", a, nodata=65535)
      f = (texture(2) / 1e4).astype("float32"); f[:, X + Y > 380] = -9999; save("float.tif", f)
      b = (texture(3) / 13).clip(1, 254).astype("uint8"); b[:, fill] = 255; save("white.tif", b)
      """)
    for (name, value) in [
      ("collar.tif", "0"), ("wrong.tif", "0"), ("float.tif", "-9999"), ("white.tif", "255"),
    ] {
      let outcome = try ingest(name)
      try expectNote(outcome, "of the pixels of \(name) are \(value) in every band")
      #expect(outcome.output.contains("declare it with --nodata \(value)"))
      try expectNote(outcome, "with one value in every band")
      let summary = try Dataset(folder: folder.file("out")).description.summary
      #expect(summary.droppedAsConstant > 0)
      let declared = try ingest(name, options: ["--nodata", value])
      #expect(declared.status == 0 && !declared.output.contains("in every band; if"))
    }
  }

  @Test("An alpha band that is an image in another scene is named, and kept on request")
  func alphaAndImage() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = (texture() / 13).clip(1, 255).astype("uint8")
      save("alpha.tif", t); save("image.tif", t, EAST, options=["ALPHA=NO"])
      """)
    let refused = try ingest("alpha.tif", "image.tif")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("4, expected 3, besides band 4, which is flagged as alpha"))
    #expect(try ingest("alpha.tif", "image.tif", options: ["--keep-alpha"]).status == 0)
  }

  @Test("A scale of 0 is refused, and what is true can be given; values that are no number pass")
  func meaninglessScale() throws {
    try MadeRasters.make(
      in: folder,
      """
      save("zero.tif", texture().astype("uint16"))
      made = gdal.Open("zero.tif", 1)
      made.GetRasterBand(2).SetScale(0)
      made = None
      """)
    let refused = try ingest("zero.tif")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("is said to have scale 0.0, which means nothing"))
    #expect(
      try ingest("zero.tif", options: ["--scale", "1", "--offset", "-1", "--nodata", "nan"]).status
        == 0)
  }

  @Test("Declared fill is in no statistics")
  func declaredFill() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture().astype("uint16"); t[:, (X + Y < 160) | (X + Y > 380)] = 0
      save("collar.tif", t)
      """)
    let outcome = try ingest("collar.tif", options: ["--nodata", "0"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.output.contains("declare it"), "\(outcome.output)")
    let bands = try Dataset(folder: folder.file("out")).description.bands
    #expect(bands.allSatisfy { $0.minimum >= 300 })
  }

  @Test("What hides a scene by one band's sake is said, by the rule that is chosen")
  func oneBandsNodata() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture().astype("uint16"); t[3, :, :128] = 0; save("water.tif", t, nodata=0)
      f = (texture(2) / 1e4).astype("float32"); f[1] = np.nan; save("nan-band.tif", f)
      """)
    try expectNote(try ingest("water.tif"), "of water.tif is nodata in band 4 alone")
    let all = try ingest("water.tif", options: ["--nodata-rule", "all"])
    try expectNote(all, "of water.tif is invalid, by band 4 alone")
    try expectNote(all, "water.tif loses ")
    let refused = try ingest("nan-band.tif")
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("band 2 of nan-band.tif holds no valid pixel"), "\(refused.errors)")
  }

  @Test("Scenes of other offsets are made comparable, and what they declare is said")
  func offsets() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture(); save("a.tif", (t + 1000).astype("uint16")); save("b.tif", t.astype("uint16"), EAST)
      gdal.Translate("new.tif", "a.tif", options="-a_scale 0.0001 -a_offset -0.1")
      gdal.Translate("old.tif", "b.tif", options="-a_scale 0.0001 -a_offset 0")
      """)
    try expectNote(
      try ingest("new.tif", "old.tif"),
      "band 1 has scale 0.0001 and offset -0.1 in new.tif, 0.0001 and 0.0 in old.tif")
    let description = try Dataset(folder: folder.file("out")).description
    #expect(description.pixelType == .float32)
    for band in description.bands {
      #expect(band.scale == 1 && band.offset == 0)
      #expect(band.minimum > 0.02 && band.maximum < 0.3)
    }
    let refused = try ingest("new.tif", "b.tif")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("offset -0.1 in new.tif, and b.tif does not say"))
    #expect(try ingest("new.tif").status == 0)
    let kept = try Dataset(folder: folder.file("out")).description
    #expect(kept.pixelType == .uint16)
    #expect(kept.bands.allSatisfy { $0.scale == 0.0001 && $0.offset == -0.1 })
  }

  @Test("Scenes that add nothing say why")
  func nothingInIt() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture().astype("uint16"); save("base.tif", t); save("empty.tif", t * 0, EAST, nodata=0)
      save("flat.tif", t * 0 + 7)
      a = t.copy(); a[1] = 7; save("flat-band.tif", a)
      """)
    try expectNote(
      try ingest("base.tif", "empty.tif"), "empty.tif gave no chip: all of it is nodata")
    let flat = try ingest("flat.tif")
    #expect(flat.status == 1)
    #expect(
      flat.errors.contains("flat.tif gave no chip: every pixel of every band is 7"),
      "\(flat.errors)")
    try expectNote(try ingest("flat-band.tif"), "band 2 is 7 in every pixel")
  }

  @Test("A band that is dead in one scene of several is said, with the scene, added ones too")
  func deadInOneScene() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture().astype("uint16"); save("sound.tif", t); save("other.tif", texture(4, 2).astype("uint16"), SOUTH)
      a = texture(4, 3).astype("uint16"); a[1] = 1234; save("dead.tif", a, EAST)
      """)
    let note = "band 2 is 1234 in every pixel of dead.tif: nothing can be learned from it there"
    try expectNote(
      try ingest("sound.tif", "other.tif", "dead.tif", options: ["--holdout", "0"]), note)
    let sound = try ingest("sound.tif", "other.tif", options: ["--holdout", "0"])
    #expect(sound.status == 0 && !sound.output.contains("in every pixel"), "\(sound.output)")
    let added = try run(
      Repository.ingest, [folder.file("out"), folder.file("dead.tif"), "--add"])
    try expectNote(added, note)
  }

  @Test("A deviation that few pixels make is told from the middle of the values")
  func hotPixels() throws {
    try MadeRasters.make(
      in: folder,
      """
      f = (texture(2) / 1e4).astype("float32"); f[:, (X * 7 + Y) % 997 == 0] = 1e30
      save("hot.tif", f)
      """)
    let outcome = try ingest("hot.tif")
    try expectNote(outcome, "is carried by 0.1 % of its pixels; the middle 98 % lie from 0.0")
    #expect(outcome.output.contains("the deviation of band 1 ("), "\(outcome.output)")
  }

  @Test("Scenes in other units are told by their means")
  func units() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture(); save("dn.tif", t.astype("float32"))
      save("reflectance.tif", (t / 1e4).astype("float32"), EAST)
      save("decibel.tif", (10 * np.log10(t / 1e4)).astype("float32"), SOUTH)
      """)
    try expectNote(
      try ingest("dn.tif", "reflectance.tif", "decibel.tif"),
      "the means of band 1 lie many deviations apart")
  }

  @Test("A scene under two names is known by its pixels")
  func equalScenes() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture().astype("uint16"); save("a.tif", t); save("b.tif", t); save("c.tif", t + 1)
      """)
    let outcome = try ingest("a.tif", "b.tif", "c.tif")
    try expectNote(outcome, "a.tif, b.tif hold the same pixels")
    try expectNote(outcome, "a.tif, b.tif, c.tif have the footprint of another scene")
  }

  @Test("Scenes that are as they should be raise no note")
  func nothingToSay() throws {
    let outcome = try run(Repository.ingest, [folder.file("out")] + Repository.landsat)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.output.contains("note:"), "\(outcome.output)")
  }

  @Test("Quantiles are those that numpy gives of the same pixels")
  func quantiles() throws {
    try MadeRasters.make(
      in: folder,
      """
      t = texture(2).astype("uint16"); save("a.tif", t)
      f = (texture(2, 3) / 1e4 - 0.1).astype("float32"); save("f.tif", f)
      for name, values in [("t", t), ("f", f)]:
          np.savetxt(name + ".txt", np.quantile(values.reshape(2, -1).astype("float64"),
                     [0.01, 0.25, 0.5, 0.75, 0.99], axis=1).T)
      """)
    for (scene, table, bound) in [("a.tif", "t.txt", 1e-12), ("f.tif", "f.txt", 1.0 / 256)] {
      #expect(try ingest(scene, options: ["--holdout", "0"]).status == 0)
      let bands = try Dataset(folder: folder.file("out")).description.bands
      let expected = try String(contentsOfFile: folder.file(table), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
      for (band, row) in zip(bands, expected) {
        let found = try #require(band.quantiles)
        let numbers = [
          found.percent1, found.percent25, found.median, found.percent75, found.percent99,
        ]
        // A float is counted by the upper 7 bits of its fraction.
        for (one, other) in zip(numbers, row) {
          #expect(abs(one - other) <= bound * abs(other), "\(scene): \(numbers), \(row)")
        }
      }
    }
  }
}
