// Scenes that are added to a dataset: a new version beside the old one.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Additions") struct AdditionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func scene(_ number: Int) throws -> String {
    var scene = SyntheticScene()
    scene.left += Double(number) * 400
    return try scene.write("scene-\(number)", in: folder)
  }

  @Test("Added scenes make a new version, as if all had been given at once")
  func addition() throws {
    let out = folder.file("out")
    let options = ["--chip-side", "16", "--holdout", "0"]
    let scenes = try (0..<3).map(scene)
    #expect(try run(Repository.ingest, [out, scenes[0], scenes[1]] + options).status == 0)
    let first = try Dataset(folder: out)
    let added = try run(Repository.ingest, [out, scenes[2], "--add"])
    #expect(added.status == 0, "\(added.errors)")
    let second = try Dataset(folder: out)
    #expect(second.description.scenes.count == 3)
    #expect(second.description.trainingShards.map(\.file) == ["v2-training-00000.shard"])

    let atOnce = folder.file("at-once")
    #expect(try run(Repository.ingest, [atOnce] + scenes + options).status == 0)
    var expected = try Dataset(folder: atOnce).description
    for index in expected.trainingShards.indices {
      expected.trainingShards[index].file = "v2-" + expected.trainingShards[index].file
    }
    #expect(second.description == expected)

    // The first version is still there, whole.
    let kept = out + "/versions/\(first.digest).json"
    #expect(try String(contentsOfFile: kept, encoding: .utf8) == first.description.json())
    for shard in first.description.shards { #expect(Files.exists(out + "/" + shard.file)) }
    #expect(try folder.names().filter { $0.hasPrefix("out") } == ["out"])
    #expect(try Files.list(out).contains("ingest.json") == false)
  }

  @Test("Of a folder with old and new scenes the new ones are added")
  func folderOfBoth() throws {
    let out = folder.file("out")
    let options = ["--chip-side", "16", "--holdout", "0"]
    let scenes = try (0..<3).map(scene)
    #expect(try run(Repository.ingest, [out, scenes[0], scenes[1]] + options).status == 0)
    let added = try run(Repository.ingest, [out] + scenes + ["--add"])
    #expect(added.status == 0)
    #expect(
      added.errors.contains(
        "2 of 3 scenes that are named are in the dataset already; 1 scene will be added"),
      "\(added.errors)")
    #expect(!added.errors.contains("changed"))
    #expect(
      try Dataset(folder: out).description.scenes.map(\.name) == ["scene-0", "scene-1", "scene-2"])
  }

  @Test("A scene that has changed since its chips were cut is named when others are added")
  func changedSince() throws {
    let out = folder.file("out")
    let scenes = try (0..<2).map(scene)
    #expect(
      try run(Repository.ingest, [out, scenes[0], "--chip-side", "16", "--holdout", "0"]).status
        == 0)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: scenes[0])
    let added = try run(Repository.ingest, [out, scenes[1], "--add"])
    #expect(added.status == 0)
    #expect(
      added.errors.contains("scene-0 has changed, in size or time, since chips were cut"),
      "\(added.errors)")
  }

  @Test("A dataset is made alike: other options and no dataset are refused; known scenes are left")
  func refusals() throws {
    let out = folder.file("out")
    let (one, two) = (try scene(0), try scene(1))
    let none = try run(Repository.ingest, [out, one, "--add"])
    #expect(none.errors.contains("holds no dataset to add to"), "\(none.errors)")
    #expect(try run(Repository.ingest, [out, one, "--chip-side", "16"]).status == 0)
    let other = try run(Repository.ingest, [out, two, "--add", "--chip-side", "32"])
    #expect(other.errors.contains("was made with --chip-side 16, not 32"), "\(other.errors)")
    let again = try run(Repository.ingest, [out, one, "--add"])
    #expect(again.status == 0)
    #expect(
      again.output == "the scene that is named is in the dataset already: nothing is added, and it "
        + "stays as it is.\n", "\(again.errors)")
    #expect(!Files.exists(out + ".partial"))
    try Files.remove(out + "/sources.json")
    let blind = try run(Repository.ingest, [out, two, "--add"])
    #expect(blind.errors.contains("does not say what it was made of"), "\(blind.errors)")
    #expect(try Dataset(folder: out).description.scenes.count == 1)
  }
}
