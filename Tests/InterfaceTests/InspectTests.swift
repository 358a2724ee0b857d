// `terrane inspect`, word for word where the words are stable.

import Foundation
import TestSupport
import Testing

@Suite("terrane inspect") struct InspectTests {
  /// The lines, without those that start with one of the words: sizes and digests are other tests'
  /// business.
  private func lines(_ path: String, without omitted: String...) throws -> [String] {
    let outcome = try terrane("inspect", path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    return outcome.output.split(separator: "\n").map(String.init).filter { line in
      !omitted.contains { line.hasPrefix("  \($0) ") }
    }
  }

  @Test("A dataset")
  func dataset() throws {
    let folder = try SampleDataset.folder()
    #expect(
      try lines(folder, without: "size", "digest") == [
        "dataset \(folder)",
        "  chips   1341 for training in 6 shards, 156 held out in 1 shard",
        "  pixels  64 × 64, 3 bands of uint16, a chip every 48 pixels",
        "  bands   red    mean 6786  deviation 734.1  from 5727 to 23470",
        "          green  mean 7313  deviation 369.2  from 6312 to 21566",
        "          blue   mean 7825  deviation 257.6  from 7277 to 20026",
        "  spread  red    1 % below 6003  25 % below 6226  50 % below 6481  75 % below 7252  "
          + "99 % below 8738",
        "          green  1 % below 6688  25 % below 7064  50 % below 7298  75 % below 7507  "
          + "99 % below 8325",
        "          blue   1 % below 7448  25 % below 7643  50 % below 7800  75 % below 7973  "
          + "99 % below 8577",
        "  links   8302 between neighbours, 8302 kept in shards",
        "  map     WGS 84 / UTM zone 21N (EPSG:32621)",
        "  scenes  LC08_L1TP_224077_20200518_B4B3B2.tif, 1400 × 1400 pixels, 817 chips",
        "          LC08_L1TP_224078_20200518_B4B3B2.tif, 1400 × 1400 pixels, 680 chips",
        "  dates   2020-05-18",
      ])
  }

  @Test("A shard, with or without a slash at the end of a folder's name")
  func shard() throws {
    let path = try SampleDataset.folder() + "/training-00000.shard"
    let lines = try lines(path, without: "size", "digest")
    #expect(
      lines == [
        "shard \(path)", "  chips   223, and 61 border copies; 0 with invalid pixels",
        "  pixels  64 × 64, 3 bands of uint16", "  links   2428",
        "  scenes  LC08_L1TP_224077_20200518_B4B3B2.tif, LC08_L1TP_224078_20200518_B4B3B2.tif",
      ])
    #expect(try terrane("inspect", SampleDataset.folder() + "/").status == 0)
  }

  @Test("A run and its checkpoint")
  func run() throws {
    let run = try TinyRun("training.steps=6")
    #expect(try run.startTraining().waitForEnd() == 0)
    let digest = try #require(try run.metrics().digests.last).split(separator: " ")[1]
    let checkpoint = run.checkpoint(ofStep: 6)
    #expect(try terrane("inspect", run.folder).output.contains("a step, 1 worker × 1 thread\n"))
    #expect(
      try lines(run.folder, without: "loss", "model", "patch mean", "copied") == [
        "run \(run.folder)",
        "  data         \(SampleDataset.folder())",
        "  progress     step 6 of 6",
        "  checkpoint   \(checkpoint), digest \(digest)",
        "  metrics      \(run.folder)/metrics.jsonl",
      ])
    // A run of a coordinator has no workers of the configuration, and no logs of these.
    try FileManager.default.removeItem(atPath: run.folder + "/logs/worker-1.log")
    #expect(try terrane("inspect", run.folder).output.contains(" a step\n"))
    let metrics = run.folder + "/metrics.jsonl"
    var text = try run.metricsText().split(separator: "\n", omittingEmptySubsequences: false)
    text.insert("2026-11-27T01:04:02Z info not a metric", at: 3)
    try text.joined(separator: "\n").write(toFile: metrics, atomically: true, encoding: .utf8)
    #expect(
      try lines(run.folder).suffix(2) == [
        "  metrics      \(metrics)",
        "  damaged      line 4 of it: not what Terrane writes (see terrane verify)",
      ])
    let described = try lines(checkpoint)
    #expect(described.first?.hasPrefix("checkpoint of step 6 (format 1), ") == true)
    #expect(described.last == "  replica digest \(digest)")
  }

  @Test("A run at work, with its speed and the time that is left")
  func live() throws {
    let run = try TinyRun("training.steps=100000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    let text = try terrane("inspect", run.folder).output
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("  at work ") })
    let words = #"^  at work      [0-9,.]+ pairs/s with 1 worker, .+ left; "#
    #expect(line.range(of: words, options: .regularExpression) != nil, "\(line)")
    #expect(line.contains("; the newest step is ") && line.hasSuffix(" old"))
    training.send(signal: SIGTERM)
    #expect(try training.waitForEnd() == 75)
    #expect(try !terrane("inspect", run.folder).output.contains("at work"))
  }

  @Test("--check reads every shard and says of each bad one what is wrong, with status 1")
  func check() throws {
    let folder = try TemporaryFolder()
    let data = try SampleDataset.copy(to: folder.file("data"))
    let sound = try terrane("inspect", data, "--check")
    #expect(sound.status == 0, "\(sound.errors)")
    #expect(sound.output == "checked 7 of 7 shards: all are what dataset.json says\n")
    try FileManager.default.removeItem(atPath: data + "/training-00001.shard")
    let place = URL(fileURLWithPath: data + "/training-00000.shard")
    var bytes = try Data(contentsOf: place)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: place)
    let wrong = try terrane("inspect", data, "--check")
    #expect(wrong.status == 1)
    let lines = wrong.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines[0].hasPrefix(
        "WRONG  training-00000.shard: \(place.path) is not the shard that dataset.json describes: "
          + "its digest is "), "\(lines[0])")
    #expect(
      lines[1] == "checked 6 of 7 shards: 1 is wrong; the other 1 are not in this folder")
    let run = try terrane("inspect", folder.path, "--check")
    #expect(run.status == 1)
    #expect(run.errors.contains("--check is for a dataset's folder"))
  }

  @Test("Anything else is an error that says what it is not")
  func others() throws {
    let folder = try TemporaryFolder()
    let empty = try terrane("inspect", folder.path)
    #expect(empty.status == 1)
    #expect(
      empty.errors
        == "Error: \(folder.path) is a folder, but not of a dataset, a run or a checkpoint: it has "
        + "no dataset.json, configuration.yaml or manifest.json\n")
    let none = try terrane("inspect", folder.file("none"))
    #expect(none.status == 1)
    #expect(none.errors == "Error: there is nothing at \(folder.file("none"))\n")
    try folder.write("no shard", to: "text")
    let text = try terrane("inspect", folder.file("text"))
    #expect(text.status == 1)
    #expect(
      text.errors
        == "Error: \(folder.file("text")) is not a file that Terrane knows: not of a dataset, a run "
        + "or a checkpoint, by its name and its first bytes\n")
  }
}
