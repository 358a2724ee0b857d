// What an interrupted ingestion leaves behind.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What is left of a run that is stopped in its middle.
@Suite("Interrupted runs") struct InterruptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A run over a scene of a gigapixel, all of it a hole in its file, that has begun to make its
  /// output.
  /// - Parameter redirection: where its streams go, as the shell writes it.
  private func longRun(_ redirection: String = "") throws -> RunningProgram {
    var scene = SyntheticScene()
    (scene.width, scene.height, scene.bands, scene.type) = (1, 1, ["grey"], .uint8)
    let path = try scene.write("scene", in: folder)
    let header = try String(contentsOfFile: path + ".hdr", encoding: .utf8)
      .replacingOccurrences(
        of: "samples = 1\nlines = 1\n", with: "samples = 32768\nlines = 32768\n")
    try folder.write(header, to: "scene.hdr")
    #expect(truncate(path, 1 << 30) == 0)
    let running = try RunningProgram(
      "/bin/bash",
      [
        "-c", "exec \"$0\" \"$@\" \(redirection)", Repository.ingest, folder.file("out"), path,
        "--chip-side", "64", "--stride", "16", "--holdout", "0",
      ])
    try wait(for: "out.partial", evidence: running.errors) {
      Files.exists(folder.file("out.partial"))
    }
    return running
  }

  @Test("SIGTERM ends it by that signal, and says how to go on")
  func terminated() throws {
    let running = try longRun()
    running.send(signal: SIGTERM)
    #expect(try running.waitForEnd() == 128 + SIGTERM)
    #expect(
      running.errors.hasSuffix(
        "stopped by signal 15; run the same command again to go on, or remove "
          + "\(folder.file("out.partial"))\n"), "\(running.errors)")
    #expect(try folder.names() == ["out.partial", "scene", "scene.hdr"])
  }

  @Test("SIGHUP ends it by that signal too, also where nobody can be told")
  func untold() throws {
    let running = try longRun("2> /dev/full")
    running.send(signal: SIGHUP)
    #expect(try running.waitForEnd() == 128 + SIGHUP)
    #expect(try folder.names() == ["out.partial", "scene", "scene.hdr"])
  }

  @Test("A dataset that is made and cannot be described is said to be there")
  func undescribed() throws {
    let small = try SyntheticScene().write("small", in: folder)
    let out = folder.file("out")
    let outcome = try run(
      "/bin/bash",
      [
        "-c", "exec \"$0\" \"$@\" > /dev/full", Repository.ingest, out, small, "--chip-side", "16",
        "--holdout", "0",
      ])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.hasPrefix(
        "Error: the dataset \(out) is there and whole, but what is in it could not be said: cannot "
          + "write to standard output"), "\(outcome.errors)")
    #expect(try folder.names() == ["out", "small", "small.hdr"])
    #expect(try Dataset(folder: out).presentShards.isEmpty == false)
  }

  @Test("What a kill leaves goes away with --restart, and not for another command")
  func killed() throws {
    let running = try longRun()
    running.send(signal: SIGKILL)
    #expect(try running.waitForEnd() == 128 + SIGKILL)
    #expect(try folder.names() == ["out.partial", "scene", "scene.hdr"])
    let small = try SyntheticScene().write("small", in: folder)
    let arguments = [folder.file("out"), small, "--chip-side", "16", "--holdout", "0"]
    let refused = try run(Repository.ingest, arguments)
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains(
        "\(folder.file("out.partial")) holds the beginning of a run with other scenes"),
      "\(refused.errors)")
    let outcome = try run(Repository.ingest, arguments + ["--restart"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try folder.names() == ["out", "scene", "scene.hdr", "small", "small.hdr"])
  }
}
