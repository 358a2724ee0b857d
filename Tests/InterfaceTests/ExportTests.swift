// `terrane export` on a trained run. That timm gives the same features is for scripts/check-exports
// to show, which needs Python's packages.

import Foundation
import TestSupport
import Testing

@Suite("terrane export") struct ExportTests {
  private static func object(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// Of each tensor: the file begins with the length of a JSON object of them.
  private static func shapes(_ path: String) throws -> [String: [Int]] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let head = try JSONSerialization.jsonObject(with: data[8..<8 + length])
    return try #require(head as? [String: [String: Any]]).compactMapValues { $0["shape"] as? [Int] }
  }

  @Test("A folder holds weights, contract, proof and configurations, the same bytes each time")
  func folder() throws {
    let run = try TinyRun("training.steps=2")
    #expect(try run.startTraining().waitForEnd() == 0)
    let out = run.file("tiny-1")
    let outcome = try terrane("export", run.folder, out, "--license", "CC-BY-4.0", "--decoder")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.output.hasPrefix(
        "wrote \(out): step 2, 3 bands, 32 × 32 pixels in patches of 8, tokens of 32 values\n"
          + "a patch showed "))
    // Landsat's pixels of 30 m; a crop shows √0.6 of 64 of them, in four patches.
    #expect(outcome.output.contains(" m of ground in training on average\nprove it with timm"))
    let files = try FileManager.default.subpathsOfDirectory(atPath: out).sorted()
    #expect(
      files == [
        "README.md", "check.py", "check.safetensors", "config.json", "item.json",
        "model.safetensors", "pangaea", "pangaea/encoder.yaml", "pangaea/model.pth", "pretraining",
        "pretraining/config.json", "pretraining/model.safetensors", "terratorch.yaml",
        "torchgeo_bench", "torchgeo_bench/terrane.py", "torchgeo_bench/terrane.yaml",
        "torchgeo_weights.py",
      ])
    let scripts = files.filter { $0.hasSuffix(".py") }.map { "\(out)/\($0)" }
    let parsing = "import ast, sys; [ast.parse(open(path).read()) for path in sys.argv[1:]]"
    #expect(try TestSupport.run("/usr/bin/python3", ["-c", parsing] + scripts).status == 0)

    let again = try terrane("export", run.folder, out, "--license", "CC-BY-4.0", "--decoder")
    #expect(again.status == 1)
    #expect(
      again.errors == "Error: \(out) holds an export already; name another folder, or add "
        + "--overwrite to replace it\n")
    let before = files.map { FileManager.default.contents(atPath: "\(out)/\($0)") }
    let replaced = try terrane(
      "export", run.folder, out, "--license", "CC-BY-4.0", "--decoder", "--overwrite", "--threads",
      "1")
    #expect(replaced.status == 0, "\(replaced.errors)")
    for (name, bytes) in zip(files, before) {
      #expect(FileManager.default.contents(atPath: "\(out)/\(name)") == bytes, "\(name)")
    }
  }

  @Test("timm gets the keys that it knows and no others; whatever else there is stands beside them")
  func timmConfiguration() throws {
    let run = try TinyRun("training.steps=2")
    #expect(try run.startTraining().waitForEnd() == 0)
    let out = run.file("tiny")
    #expect(try terrane("export", run.folder, out, "--image-side", "48").status == 0)
    let config = try Self.object(out + "/config.json")
    #expect(
      config.keys.sorted() == [
        "architecture", "bands", "global_pool", "model_args", "num_classes", "num_features",
        "pretrained_cfg",
      ])
    let pretrained = try #require(config["pretrained_cfg"] as? [String: Any])
    #expect(
      pretrained.keys.sorted() == [
        "classifier", "crop_mode", "crop_pct", "first_conv", "fixed_input_size", "input_size",
        "interpolation", "mean", "num_classes", "std",
      ])
    #expect(pretrained["input_size"] as? [Int] == [3, 48, 48])
    #expect(
      try Self.shapes(out + "/check.safetensors") == [
        "values": [4, 3, 64, 64], "valid": [4, 1, 64, 64], "seen": [4, 1, 48, 48],
        "tokens": [4, 37, 32], "pooled": [4, 32],
      ])
    let arguments = try #require(config["model_args"] as? [String: Any])
    #expect(
      arguments.keys.sorted() == [
        "depth", "embed_dim", "fc_norm", "global_pool", "img_size", "in_chans", "mlp_ratio",
        "num_heads", "patch_size",
      ])
    #expect(arguments["img_size"] as? Int == 48 && arguments["embed_dim"] as? Int == 32)
  }

  @Test("The item has bands, scaling and footprints; the dataset's statistics are in it")
  func item() throws {
    let run = try TinyRun("training.steps=2", "data.normalization=quantiles")
    #expect(try run.startTraining().waitForEnd() == 0)
    let out = run.file("tiny")
    #expect(try terrane("export", run.folder, out, "--name", "other").status == 0)
    let item = try Self.object(out + "/item.json")
    #expect(item["id"] as? String == "other-step-2" && item["stac_version"] as? String == "1.1.0")
    let geometry = try #require(item["geometry"] as? [String: Any])
    #expect((geometry["coordinates"] as? [Any])?.count == 2)
    let properties = try #require(item["properties"] as? [String: Any])
    #expect(properties["gsd"] as? Double == 30)
    let patch = try #require(properties["terrane:patch_metres"] as? Double)
    #expect(abs(patch - 30 * 64 * 0.6.squareRoot() / 4) < 1e-9)
    let dataset = try Self.object(SampleDataset.folder() + "/dataset.json")
    let bands = try #require(dataset["bands"] as? [[String: Any]])
    let inputs = try #require(properties["mlm:input"] as? [[String: Any]])
    let scaling = try #require(inputs[0]["value_scaling"] as? [[String: Any]])
    #expect(inputs[0]["bands"] as? [String] == bands.compactMap { $0["name"] as? String })
    for (band, scaling) in zip(bands, scaling) {
      let quantiles = try #require(band["quantiles"] as? [String: Double])
      #expect(scaling["mean"] as? Double == quantiles["median"])
      #expect(scaling["type"] as? String == "z-score")
    }
    let card = try String(contentsOfFile: out + "/README.md", encoding: .utf8)
    for words in [
      "---\nlibrary_name: timm\n", "stand for median and quartiles, which", "terrane export",
      "held-out chips from raw values", "| 2 | ",
    ] { #expect(card.contains(words), "\(words)") }
  }

  @Test("What cannot be exported is said, and nothing is left of the attempt")
  func refusals() throws {
    let early = try StandaloneCluster(TinyRun())
    let out = early.run.file("out")
    func expectRefusal(_ arguments: [String], status: Int32 = 1, _ words: String) throws {
      let outcome = try TestSupport.run(Repository.terrane, ["export"] + arguments)
      #expect(outcome.status == status)
      #expect(outcome.errors.hasPrefix("Error: " + words), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: out))
    }
    try expectRefusal([early.run.folder, out], "\(early.run.folder) has no checkpoint yet")
    try expectRefusal(["/nowhere", out], "/nowhere holds no run")
    // What may not be looked into is not said to be empty.
    let loop = early.run.file("loop")
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    try expectRefusal([loop, out], "cannot look at \(loop)/configuration.yaml: Too many levels")
    try expectRefusal(
      [try SampleDataset.folder(), out], "\(try SampleDataset.folder()) holds no run")

    let run = try TinyRun("training.steps=6")
    #expect(try run.startTraining().waitForEnd() == 0)
    try expectRefusal(
      [run.folder, out, "--from", "3"],
      "\(run.folder) has no checkpoint of step 3; there are those of steps 5 and 6")
    try expectRefusal(
      [run.folder, out, "--image-side", "30"],
      "the encoder cannot see images of that side: image side 30 must be a multiple")
    try expectRefusal(
      [run.folder, out, "--name", "a b"], status: 64, "an export's name has letters")
    try expectRefusal(
      [run.folder, out, "--data", try SampleDataset.copyWithoutShards(to: run.file("empty"))],
      "no shard of \(run.file("empty")) is on this machine")
    let foreign = try TinyRun("training.steps=5", "run.seed=2")
    #expect(try foreign.startTraining().waitForEnd() == 0)
    try FileManager.default.removeItem(atPath: foreign.checkpoint(ofStep: 5))
    try FileManager.default.copyItem(
      atPath: run.checkpoint(ofStep: 5), toPath: foreign.checkpoint(ofStep: 5))
    try expectRefusal(
      [foreign.folder, out], "\(foreign.checkpoint(ofStep: 5)) belongs to run ")
    try Data("damage".utf8).write(
      to: URL(fileURLWithPath: run.checkpoint(ofStep: 5) + "/parameters.safetensors"))
    try expectRefusal(
      [run.folder, out, "--from", "5"],
      "\(run.checkpoint(ofStep: 5))/parameters.safetensors is damaged")
    #expect(try terrane("export", run.folder, out).status == 0)
  }
}
