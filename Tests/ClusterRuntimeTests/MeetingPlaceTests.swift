// Where the processes of one machine meet, and what becomes of a run whose socket is removed.

import Basics
import ClusterRuntime
import Foundation
import TestSupport
import Testing
import TrainingRun
import Transport

@Suite("Meeting places") struct MeetingPlaceTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func makeFolder(_ name: String) throws -> String {
    let path = scratch.file(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test("The socket lies in the run's folder, for this user alone, and goes with its owner")
  func inRun() throws {
    let run = try makeFolder("run")
    let place = try MeetingPlace(of: run, temporaryFolders: [])
    #expect(place.folder.hasPrefix(run + "/"))
    let attributes = try FileManager.default.attributesOfItem(atPath: place.folder)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    let hub = try Endpoint.listen(place.address)
    hub.close(linger: .zero)
    place.remove()
    #expect(try Files.list(run).isEmpty)
  }

  @Test("What a killed process left is removed, and not what a living one uses")
  func leftBehind() throws {
    let run = try makeFolder("run")
    let living = try MeetingPlace(of: run, temporaryFolders: [])
    let dead = run + "/.meeting-dead01"
    try FileManager.default.createDirectory(atPath: dead, withIntermediateDirectories: false)
    let next = try MeetingPlace(of: run, temporaryFolders: [])
    #expect(next.folder != living.folder)
    #expect(Files.exists(living.folder))
    #expect(!Files.exists(dead))
  }

  @Test("A run whose path is too long for a socket has it among temporary files; else it says why")
  func elsewhere() throws {
    let run = try makeFolder(String(repeating: "long", count: 30))
    let missing = scratch.file("missing")
    let temporary = try makeFolder("t")
    let place = try MeetingPlace(of: run, temporaryFolders: [missing, temporary])
    #expect(place.folder.hasPrefix(temporary + "/"))
    place.remove()
    #expect(try Files.list(run).isEmpty)
    let error = #expect(throws: RunError.self) {
      _ = try MeetingPlace(of: run, temporaryFolders: [missing])
    }
    let text = try #require(error).description
    #expect(
      text.contains("set TMPDIR to a folder of yours with a short path (in \(run): "), "\(text)")
    #expect(text.contains("; in \(missing): "), "\(text)")
  }

  @Test("A run whose socket is removed stops with a checkpoint and names the socket")
  func removed() throws {
    let folder = try makeFolder("s")
    let run = try TinyRun("training.steps=100000")
    let cluster = try StandaloneCluster(run, listening: "ipc://\(folder)/socket")
    let worker = try cluster.startWorker("honest", patienceSeconds: 2)
    try run.waitForStep(2)
    try FileManager.default.removeItem(atPath: folder)
    #expect(try cluster.coordinator.waitForEnd() == ExitStatus.stopped.rawValue)
    #expect(run.log.contains("error the socket \(folder)/socket is gone"), "\(run.log)")
    #expect(run.log.contains("go on with: terrane coordinator --resume"), "\(run.log)")
    #expect(try worker.waitForEnd() == ExitStatus.left.rawValue, "\(worker.errors)")
  }

  @Test("terrane train goes on when the folder for temporary files is swept")
  func training() throws {
    let temporary = try makeFolder("t")
    let run = try TinyRun()
    let training = try RunningProgram(
      Repository.terrane, ["train"] + run.options, environment: ["TMPDIR": temporary])
    try run.waitForStep(1)
    #expect(try Files.list(temporary).isEmpty)
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: run.folder).allSatisfy {
        !$0.hasPrefix(".meeting")
      })
  }
}
