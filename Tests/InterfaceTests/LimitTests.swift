// Processes that the system grants too little, or just enough.

import Basics
import TestSupport
import Testing

@Suite("Limits of the system") struct LimitTests {
  /// Runs the program under limits as `ulimit` sets them, soft and hard.
  private func terrane(under limits: String, _ arguments: [String]) throws -> Outcome {
    try run(
      "/bin/bash", ["-c", "ulimit \(limits) && exec \"$0\" \"$@\"", Repository.terrane] + arguments)
  }

  /// What each process of a run is started with.
  private func commands(of run: TinyRun) throws -> [[String]] {
    [
      ["train"] + run.options,
      ["coordinator", "--insecure", "--listen", "tcp://127.0.0.1:*"] + run.options,
      [
        "worker", "--insecure", "--connect", "tcp://127.0.0.1:1", "--wait", "1", "--data",
        try SampleDataset.folder(),
      ],
    ]
  }

  @Test(
    "Too little is an error that names the limit and the need, and leaves the run's folder free",
    arguments: [
      ("-v 250000", "at most 244 MiB of address space are allowed here (ulimit -v), and 512 MiB"),
      ("-v 500000", "at most 488 MiB of address space are allowed here (ulimit -v), and 512 MiB"),
      ("-n 16", "at most 16 open files are allowed here (ulimit -n), and 64 are needed"),
      ("-n 63", "at most 63 open files are allowed here (ulimit -n), and 64 are needed"),
    ])
  func tooLittle(limit: String, words: String) throws {
    let run = try TinyRun("training.steps=2")
    for command in try commands(of: run) {
      let outcome = try terrane(under: limit, command)
      #expect(outcome.status == 1, "\(command[0])")
      #expect(outcome.errors.hasPrefix("Error: " + words), "\(command[0]): \(outcome.errors)")
    }
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
  }

  @Test("A run gets by with 64 open files, and with more address space than it needs")
  func enough() throws {
    for limit in ["-n 64", "-v 3000000"] {
      let run = try TinyRun("training.steps=2", "workers.count=2")
      let outcome = try terrane(under: limit, ["train"] + run.options)
      #expect(outcome.status == 0, "\(limit): \(outcome.errors)")
    }
  }

  @Test("A soft limit of open files is no limit while the hard one allows more")
  func soft() throws {
    let run = try TinyRun("training.steps=2")
    let outcome = try terrane(under: "-Sn 16", ["train"] + run.options)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
