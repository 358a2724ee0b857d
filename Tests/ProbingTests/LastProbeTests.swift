// The probe that `terrane train` waits for after the last step.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("The last probe of a run") struct LastProbeTests {
  private static func niceness(of process: Int32) -> Int32 {
    getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(process))
  }

  @Test("It yields to nobody, and who does not wait for it is told how to make it")
  func leftOut() throws {
    let probed = try ProbedWindow()
    let run = try TinyRun(
      "evaluation.probe=\(probed.run.file("classes.tif"))", "evaluation.probeEverySteps=5",
      "checkpoints.keepLast=100")
    let training = try run.startTraining()
    try training.waitForError("all steps are done; the probe of step ")
    // It has its own arguments only when it has become its program.
    var found: (pid: Int32, arguments: [String])?
    try wait(for: "the probe's process", evidence: training.errors) {
      found = training.children.first { $0.arguments.contains("probe") }
      return found != nil
    }
    let probe = try #require(found)
    // So that it does not end before it is looked at.
    kill(probe.pid, SIGSTOP)
    #expect(!probe.arguments.contains("--yielding"), "\(probe.arguments)")
    #expect(Self.niceness(of: probe.pid) == Self.niceness(of: training.number))
    training.send(signal: SIGINT)
    #expect(try training.waitForEnd() == 0)
    let line = training.errors.split(separator: "\n").first {
      $0.hasPrefix("terrane: left out: the probe of ")
    }
    // Of the last step; one of an earlier step may stand before it.
    let commands = try #require(line?.split(separator: "; make it with: ").last)
    let command = try #require(commands.split(separator: "; ").last)
    let advised = try TestSupport.run(
      "/bin/bash", ["-ec", String(command)],
      environment: ["PATH": Repository.products + ":/usr/bin:/bin"])
    #expect(advised.status == 0, "\(advised.errors)")
    #expect(
      try Files.readText(run.folder + "/probes.jsonl").contains(/"step": ?40[,}]/))
  }
}
