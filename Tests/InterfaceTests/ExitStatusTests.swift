// The statuses that scripts and schedulers know: they are not renumbered.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Exit statuses") struct ExitStatusTests {
  @Test("Those of sysexits, and below what a shell makes of signals") func numbers() {
    #expect(ExitStatus.usage.rawValue == 64)
    #expect(ExitStatus.stopped.rawValue == 75)
    #expect(ExitStatus.allCases.allSatisfy { $0.rawValue < 126 })
  }

  @Test(
    "Wrong usage of an option is told as such",
    arguments: [
      ["coordinator", "--listen", "bogus"], ["coordinator", "--listen", "tcp://*:99999"],
      ["train", "--set", "x"], ["train", "--set", "model.width=0"],
      ["train", "--set", "maskRatio.minimum=0.9"], ["train", "--no-such-option"],
      ["worker", "--connect", "bogus", "--data", "$DATA"], ["worker", "--data", "$DATA"],
      ["simulate", "--seeds", "none"],
    ])
  func usage(arguments: [String]) throws {
    let data = try SampleDataset.folder()
    let outcome = try run(Repository.terrane, arguments.map { $0 == "$DATA" ? data : $0 })
    #expect(outcome.status == 64, "\(outcome.errors)")
  }

  private static var mayMount: Bool {
    (try? run("/usr/bin/env", ["unshare", "-rm", "true"]))?.status == 0
  }

  @Test(
    "Without /proc, where arguments are read, no command is taken for one of none",
    .enabled(if: mayMount))
  func noArguments() throws {
    let outcome = try run(
      "/usr/bin/env",
      [
        "unshare", "-rm", "/bin/sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" train",
        Repository.terrane,
      ])
    #expect(outcome.status == 64, "\(outcome.output)")
    #expect(outcome.errors.contains("nothing is mounted at /proc"), "\(outcome.errors)")
  }

  @Test("README.md and terrane --help have a line for each") func documented() throws {
    let text = try String(contentsOfFile: Repository.root + "/README.md", encoding: .utf8)
    let plain = text.replacing("`", with: "")
    let help = try terrane("--help").output
    for status in ExitStatus.allCases {
      #expect(plain.contains("| \(status.rawValue) | \(status.meaning) |"), "\(status)")
      #expect(help.contains(status.meaning), "\(status)")
    }
  }
}
