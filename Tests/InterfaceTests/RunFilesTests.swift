// What the files of a run say of it: to people, and to programs that know nothing of Terrane.

import Foundation
import TestSupport
import Testing

@Suite("The files of a run") struct RunFilesTests {
  /// A run of a few steps that is done.
  private func finishedRun() throws -> TinyRun {
    let run = try TinyRun(
      "training.steps=3", "checkpoints.everySteps=2", "checkpoints.keepJournal=true")
    #expect(try run.startTraining().waitForEnd() == 0)
    return run
  }

  /// The metadata in the header of a safetensors file.
  private func metadata(_ path: String) throws -> [String: String] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let count = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + count]) as? [String: Any]
    return try #require(header?["__metadata__"] as? [String: String])
  }

  private struct Model: Decodable, Equatable {
    let imageSide, patchSide, channels, width, depth, heads: Int
    let decoderWidth, decoderDepth, decoderHeads: Int
    let mlpRatio: Double
    let normalizesPatches: Bool
  }

  private struct Band: Decodable {
    let name: String
    let mean, standardDeviation: Double
  }

  @Test("A run that is refused leaves no folder; one that was there before stays")
  func refused() throws {
    let run = try TinyRun()
    // An address of documentation (RFC 5737), which is no machine's own.
    let command = ["coordinator", "--listen", "tcp://192.0.2.1:5570", "--insecure"] + run.options
    let outcome = try TestSupport.run(Repository.terrane, command)
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: run.folder))
    try FileManager.default.createDirectory(
      atPath: run.folder, withIntermediateDirectories: false)
    #expect(try TestSupport.run(Repository.terrane, command).status == 1)
    let left = try FileManager.default.contentsOfDirectory(atPath: run.folder)
    #expect(left.allSatisfy { $0 == "lock" }, "\(left)")
  }

  @Test("Parameters name their model, bands and normalisation; the configuration has every number")
  func contract() throws {
    let run = try finishedRun()
    let described = try JSONDecoder().decode(
      [String: [Band]].self,
      from: Data(#"{"bands": "#.utf8) + datasetBands() + Data("}".utf8))["bands"]
    let bands = try #require(described)
    for file in ["parameters", "replica"] {
      let metadata = try metadata("\(run.checkpoint(ofStep: 3))/\(file).safetensors")
      #expect(metadata["format"] == "pt" && metadata["step"] == "3")
      #expect(metadata["objective"] == "NeighborMAE")
      let model = try JSONDecoder().decode(Model.self, from: Data((metadata["model"] ?? "").utf8))
      #expect(
        model
          == Model(
            imageSide: 32, patchSide: 8, channels: 3, width: 32, depth: 1, heads: 2,
            decoderWidth: 16, decoderDepth: 1, decoderHeads: 2, mlpRatio: 4,
            normalizesPatches: true))
      let told = try JSONDecoder().decode([Band].self, from: Data((metadata["bands"] ?? "").utf8))
      #expect(told.map(\.name) == ["red", "green", "blue"])
      #expect(told.map(\.mean) == bands.map(\.mean))
      #expect(told.map(\.standardDeviation) == bands.map(\.standardDeviation))
    }
    let yaml = try String(contentsOfFile: run.folder + "/configuration.yaml", encoding: .utf8)
    #expect(!yaml.contains(": null\n"))
    #expect(yaml.contains("\n  width: 32\n"))
    #expect(yaml.contains("    - name: 'red'\n      mean: \(bands[0].mean)\n"))

    // The file begins another run, with the same numbers.
    let again = try RunningProgram(
      Repository.terrane,
      ["train", run.folder + "/configuration.yaml", "--set", "run.folder=\(run.file("again"))"])
    #expect(try again.waitForEnd() == 0, "\(again.errors)")
    #expect(try RunMetrics(ofRun: run.file("again")).digests == run.metrics().digests)
  }

  private func datasetBands() throws -> Data {
    let data = try Data(
      contentsOf: URL(fileURLWithPath: SampleDataset.folder() + "/dataset.json"))
    let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return try JSONSerialization.data(withJSONObject: try #require(json?["bands"]))
  }

  @Test("inspect says of each file and folder what it is")
  func inspection() throws {
    let run = try finishedRun()
    let checkpoint = run.checkpoint(ofStep: 3)
    let segment = try #require(
      try FileManager.default.contentsOfDirectory(atPath: run.folder + "/journal").sorted().first)
    let kinds = [
      (run.folder + "/configuration.yaml", "configuration "),
      (run.folder + "/metrics.jsonl", "metrics "),
      (run.folder + "/logs/coordinator.log", "log "), (run.folder + "/lock", "lock "),
      (run.folder + "/journal/" + segment, "journal segment "),
      (run.folder + "/checkpoints", "checkpoints "), (run.folder + "/logs", "logs "),
      (run.folder + "/journal", "journal segment "), (checkpoint + "/state.json", "state "),
      (checkpoint + "/parameters.safetensors", "tensors "),
      (checkpoint + "/manifest.json", "checkpoint of step 3 "),
      (try SampleDataset.folder() + "/dataset.json", "dataset "),
    ]
    for (path, kind) in kinds {
      let outcome = try terrane("inspect", path)
      #expect(outcome.status == 0, "\(path): \(outcome.errors)")
      #expect(outcome.output.hasPrefix(kind), "\(path): \(outcome.output)")
    }
    let lock = try terrane("inspect", run.folder + "/lock")
    #expect(
      lock.output.hasSuffix("\n  held by     nobody: no coordinator is at work in this run\n"),
      "\(lock.output)")
    let journal = try terrane("inspect", run.folder + "/journal/" + segment)
    #expect(journal.output.contains("\n  steps   3\n"), "\(journal.output)")
    let parameters = try terrane("inspect", checkpoint + "/parameters.safetensors")
    #expect(parameters.output.contains("\n  bands       [{"), "\(parameters.output)")
  }

  @Test("inspect names the process that holds a run's lock")
  func heldLock() throws {
    let run = try TinyRun("training.steps=100000")
    let training = try run.startTraining()
    try run.waitForStep(1)
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    let lock = try terrane("inspect", run.folder + "/lock")
    #expect(
      lock.output.contains("\n  held by     process \(coordinator.pid) on "), "\(lock.output)")
    #expect(lock.output.hasSuffix(", the coordinator that is at work in this run\n"))
  }

  @Test("A run's configuration that was cut short is damaged to everybody, and nothing is touched")
  func cutShort() throws {
    let run = try finishedRun()
    let path = run.folder + "/configuration.yaml"
    let whole = try String(contentsOfFile: path, encoding: .utf8)
    let cut = try #require(whole.firstRange(of: "  # Checkpoints of steps"))
    let half = whole[..<cut.lowerBound]
    let before = try FileManager.default.contentsOfDirectory(atPath: run.folder + "/checkpoints")
    for text in ["", String(half)] {
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      for command in [
        ["train", "--resume", run.folder], ["verify", run.folder], ["inspect", run.folder],
        ["inspect", path], ["reconstruct", run.folder, "--out", run.file("picture.png")],
        ["coordinator", "--resume", run.folder, "--insecure", "--listen", "tcp://127.0.0.1:*"],
      ] {
        let outcome = try TestSupport.run(Repository.terrane, command)
        #expect(outcome.status == 1, "\(command)")
        #expect(outcome.errors.hasPrefix("Error: \(path) is damaged: it "), "\(outcome.errors)")
      }
    }
    let after = try FileManager.default.contentsOfDirectory(atPath: run.folder + "/checkpoints")
    #expect(after.sorted() == before.sorted())
    try whole.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(try terrane("verify", run.folder).status == 0)
  }

  @Test("A coordinator that cannot begin leaves a run's end as it was told")
  func summaryStays() throws {
    let run = try finishedRun()
    let summary = try Data(contentsOf: URL(fileURLWithPath: run.folder + "/summary.json"))
    let listener = try RawListener()
    let outcome = try terrane(
      "coordinator", "--resume", run.folder, "--insecure", "--listen", listener.address)
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: run.folder + "/summary.json")) == summary)
    #expect(!FileManager.default.fileExists(atPath: run.folder + "/status.json"))
    #expect(try terrane("watch", run.folder).output.hasPrefix("run  finished  "))
  }

  @Test("The peak memory that is told is the coordinator's own, and not that of who started it")
  func peakMemory() throws {
    let run = try finishedRun()
    let large = """
      import subprocess, sys
      held = bytearray(b"x" * (600 << 20))
      sys.exit(subprocess.run(sys.argv[1:]).returncode)
      """
    let outcome = try TestSupport.run(
      "/usr/bin/python3",
      [
        "-c", large, Repository.terrane, "coordinator", "--resume", run.folder, "--insecure",
        "--listen", "tcp://127.0.0.1:*",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let summary = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: run.folder + "/summary.json")))
    let peak = try #require((summary as? [String: Any])?["peakMemoryBytes"] as? Int)
    #expect((1 << 20..<400 << 20).contains(peak), "\(peak)")
  }

  @Test("Both programs tell one version")
  func version() throws {
    let outcome = try terrane("--version")
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: ".").count == 3)
    #expect(try ingest("--version").output == outcome.output)
  }
}
