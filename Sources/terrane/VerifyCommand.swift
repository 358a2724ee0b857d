// `terrane verify`: is a run what it says, and are two runs the same?

import ArgumentParser
import Examination
import Foundations

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a run's digests, checkpoints and journal, or where two runs part.",
    discussion: """
      Every step's record holds the digest of the parameters and a digest of that and of the record before it. \
      verify checks this chain from the seed's initial parameters on, reads every byte of checkpoints and \
      journal, and makes the journal's steps after the newest whole checkpoint again. The journal is left out \
      while a coordinator is at work. With a second run it says at which step the two differ first. It \
      exits with 1 when anything is wrong or different.

      Examples:

        terrane verify runs/mine
        terrane verify runs/mine runs/again
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Argument(help: ArgumentHelp("The folder of another run, to compare.", valueName: "other-run"))
  var other: String?

  func run() throws {
    let first = try show(folder)
    guard let other else {
      if !first.isSound { throw ExitCode(1) }
      return
    }
    let second = try show(other)
    let isEqual = compare(first.chain, second.chain)
    if !(first.isSound && second.isSound && isEqual) { throw ExitCode(1) }
  }

  private func show(_ path: String) throws -> VerificationReport {
    let report = try Verification.verify(path)
    print(path)
    for (name, text) in report.findings {
      print("  \(name)\(String(repeating: " ", count: max(1, 13 - name.count)))\(text)")
    }
    for problem in report.problems { print("  WRONG        \(problem)") }
    return report
  }

  private func compare(_ first: RunChain, _ second: RunChain) -> Bool {
    let common = min(first.links.count, second.links.count)
    if let step = first.parting(from: second) {
      print("DIFFERENT: equal up to step \(step.index - 1), different from step \(step) on")
      return false
    }
    let longer = max(first.links.count, second.links.count)
    let rest = longer > common ? "; one goes on to step \(longer)" : ""
    print("equal: all \(HumanFormat.counted(common, "step")) that both made\(rest)")
    return true
  }
}
