// Stages by hand, threads, runs that are cut, trials, additions: whatever the way, the same bytes.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Stages") struct StageTests {
  private let folder: TemporaryFolder
  private let scenes: [String]
  private let options = ["--chip-side", "16", "--stride", "12", "--chips-per-shard", "8"]

  init() throws {
    folder = try TemporaryFolder()
    let folder = folder
    scenes = try (0..<5).map { number in
      var scene = SyntheticScene(width: 40 + 7 * number, height: 150, type: .uint16, nodata: 3)
      scene.left += Double(number) * 300
      scene.value = { band, row, column in
        Double((band * 7919 + row * 104_729 + column * 1_299_709 + number) % 251)
      }
      return try scene.write("scene-\(number)", in: folder)
    }
  }

  private func ingest(_ out: String, _ more: [String] = []) throws -> Outcome {
    try run(Repository.ingest, [folder.file(out)] + scenes + options + more)
  }

  private func expectEqual(
    _ out: String, _ other: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    let names = try Files.list(folder.file(out))
    #expect(names.count > 4, sourceLocation: location)
    #expect(names == (try Files.list(folder.file(other))), sourceLocation: location)
    for name in names {
      let files = try [out, other].map {
        try Data(contentsOf: URL(fileURLWithPath: folder.file($0 + "/" + name)))
      }
      #expect(files[0] == files[1], "\(name)", sourceLocation: location)
    }
  }

  @Test("Any number of threads gives the same bytes")
  func threads() throws {
    for count in ["1", "2", "7"] {
      #expect(try ingest("out-" + count, ["--threads", count]).status == 0)
    }
    try expectEqual("out-1", "out-2")
    try expectEqual("out-1", "out-7")
  }

  @Test("Parts in any order give the bytes of the single command")
  func parts() throws {
    #expect(try ingest("single").status == 0)
    for part in ["2/3", "1/3", "3/3"] {
      let outcome = try ingest("parts", ["--stage", "scan", "--part", part])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("scan, part \(part): done"))
    }
    #expect(try ingest("parts", ["--stage", "plan"]).status == 0)
    for part in ["2/2", "1/2"] {
      #expect(try ingest("parts", ["--stage", "write", "--part", part]).status == 0)
    }
    #expect(!Files.exists(folder.file("parts")))
    let finished = try ingest("parts", ["--stage", "finish"])
    #expect(finished.output.hasPrefix(folder.file("parts")), "\(finished.errors)")
    try expectEqual("single", "parts")
    #expect(!Files.exists(folder.file("parts.partial")))
  }

  @Test("A stage that lacks the one before says which")
  func missingStage() throws {
    #expect(try ingest("out", ["--stage", "scan", "--part", "1/2"]).status == 0)
    let plan = try ingest("out", ["--stage", "plan"])
    #expect(plan.status == 1)
    #expect(
      plan.errors.contains("lacks what the stage 'scan' makes: 2 pieces of it"), "\(plan.errors)")
    #expect(try ingest("out", ["--stage", "finish"]).errors.contains("the stage 'plan'"))
  }

  @Test("The job array gives the bytes of the single command")
  func jobArray() throws {
    #expect(try ingest("single").status == 0)
    try Files.createFolder(folder.file("bin"))
    // Runs at once what a scheduler would run later.
    try folder.write(
      """
      #!/bin/bash
      set -e
      while [[ $1 == --* ]]; do
        case $1 in --array=*) last=${1#--array=1-} ;; esac
        shift
      done
      if [ -n "${last:-}" ]; then
        for task in $(seq "$last" -1 1); do SLURM_ARRAY_TASK_ID=$task "$@" >&2; done
      else
        "$@" >&2
      fi
      echo 7
      """, to: "bin/sbatch")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.file("bin/sbatch"))
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let outcome = try run(
      Repository.root + "/Cluster/slurm/ingest.sbatch",
      [folder.file("array")] + scenes + options,
      environment: [
        "PATH": folder.file("bin") + ":" + path, "PARTS": "3",
        "TERRANE_INGEST": Repository.ingest,
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "submitted: scan 7, plan 7, write 7, finish 7\n")
    try expectEqual("single", "array")
  }

  @Test("What is done is not done again, and another command does not take it for its own")
  func goingOn() throws {
    #expect(try ingest("whole").status == 0)
    #expect(try ingest("out", ["--stage", "scan", "--part", "1/2"]).status == 0)
    let other = try ingest("out", ["--max-nodata", "0.2"])
    #expect(other.status == 1)
    #expect(
      other.errors.contains("holds the beginning of a run with other options"), "\(other.errors)")
    #expect(other.errors.contains("--restart"))
    let outcome = try ingest("out")
    #expect(outcome.status == 0)
    #expect(
      outcome.errors == "going on with the run that was begun in \(folder.file("out.partial"))\n")
    try expectEqual("whole", "out")
  }

  @Test("Shards that are written when a run is cut are kept")
  func keptShards() throws {
    #expect(try ingest("whole").status == 0)
    #expect(try ingest("out", ["--stage", "scan"]).status == 0)
    #expect(try ingest("out", ["--stage", "plan"]).status == 0)
    #expect(try ingest("out", ["--stage", "write", "--part", "1/2"]).status == 0)
    // Spools of what is written are not needed any more; a second writing would miss them.
    let shard = folder.file("out.partial/training-00000.shard")
    let before = try FileManager.default.attributesOfItem(atPath: shard)[.modificationDate]
    let outcome = try ingest("out")
    #expect(outcome.errors.contains("shards in it"), "\(outcome.errors)")
    let after = try FileManager.default.attributesOfItem(
      atPath: folder.file("out/training-00000.shard"))[.modificationDate]
    #expect(before as? Date == after as? Date)
    try expectEqual("whole", "out")
  }

  @Test("What a failure of power has taken of a scan is scanned anew, and planned anew")
  func lostPayloads() throws {
    #expect(try ingest("whole").status == 0)
    #expect(try ingest("out", ["--stage", "scan"]).status == 0)
    #expect(try ingest("out", ["--stage", "plan"]).status == 0)
    let spools = (0..<3).map { folder.file("out.partial/work/scan/00000\($0).payloads") }
    let places = spools.map { URL(fileURLWithPath: $0) }
    var bytes = try Data(contentsOf: places[0])
    for index in bytes.count / 2..<bytes.count { bytes[index] = 0 }
    try bytes.write(to: places[0])
    bytes = try Data(contentsOf: places[1])
    try bytes[..<(bytes.count / 2)].write(to: places[1])
    try Files.remove(spools[2])
    let outcome = try ingest("out")
    #expect(outcome.status == 0, "\(outcome.errors)")
    try expectEqual("whole", "out")
  }

  @Test("Scenes that have changed since are refused")
  func changedScenes() throws {
    #expect(try ingest("out", ["--stage", "scan"]).status == 0)
    _ = try SyntheticScene(width: 40, height: 151).write("scene-0", in: folder)
    let outcome = try ingest("out")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("\(scenes[0]) has changed since the run"), "\(outcome.errors)")
    #expect(try ingest("out", ["--restart"]).status == 0)
  }

  @Test("A dry run says what would come, and leaves nothing")
  func dryRun() throws {
    let trial = try ingest("out", ["--dry-run"])
    #expect(trial.status == 0, "\(trial.errors)")
    #expect(try folder.names().filter { $0.hasPrefix("out") } == [])
    let made = try ingest("out")
    #expect(
      trial.output
        == made.output.replacing(
          folder.file("out") + "\n", with: folder.file("out") + " would hold:\n"))
  }

  @Test("Scenes that cannot be read end the run, or are left out and listed")
  func unreadable() throws {
    try folder.write("hello", to: "text.tif")
    let refused = try ingest("out", [folder.file("text.tif")])
    #expect(refused.status == 1)
    let outcome = try ingest("out", [folder.file("text.tif"), "--skip-unreadable"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("note: text.tif is left out, because it cannot be read:"))
    let description = try Dataset(folder: folder.file("out")).description
    #expect(description.scenes.count == 5)
    #expect(description.notes.contains { $0.contains("text.tif") })
  }

  @Test(
    "Options of the run that contradict each other are wrong usage",
    arguments: [
      (["--part", "1/2"], "--part goes with --stage scan or --stage write"),
      (["--stage", "plan", "--part", "1/2"], "--part goes with"),
      (["--stage", "scan", "--part", "3/2"], "--part is '3/2'"),
      (["--stage", "dig"], "The value 'dig' is invalid"),
      (["--threads", "0"], "--threads is 0"),
      (["--add", "--overwrite"], "--add goes without --overwrite"),
      (["--dry-run", "--stage", "scan"], "--dry-run makes nothing"),
    ])
  func usage(arguments: [String], text: String) throws {
    let outcome = try ingest("out", arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(text), "\(outcome.errors)")
  }
}
