// `terrane verify`: is a run what it says, and are two runs the same?

import ArgumentParser
import Basics
import Examination

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a run's digests, checkpoints and journal, or where two runs part.",
    discussion: """
      Every step's record holds the digest of the parameters and the chain: a digest of the \
      numbers that equal runs share and of the chain before. verify checks it from the seed's \
      initial parameters on, and that every line of the metrics is as it was written; it reads \
      every byte of checkpoints and journal, and makes the journal's steps after the newest whole \
      checkpoint again. The journal is left out while a coordinator is at work. With a second run \
      it says at which step the two differ first, and in which number. It only reads, and exits \
      with 1 when anything is wrong or different.

      Examples:

        terrane verify runs/mine
        terrane verify runs/mine runs/again
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Argument(help: ArgumentHelp("The folder of another run, to compare.", valueName: "other-run"))
  var other: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the runs' dataset, where it lies elsewhere by now.", valueName: "folder"))
  var data: [String] = []

  /// Problems of one run that are printed.
  private static let problemLimit = 20

  func run() throws {
    let first = try show(folder)
    guard let other else {
      if !first.isSound { throw ExitCode(1) }
      return
    }
    let second = try show(other)
    let isEqual = try compare(first.chain, second.chain, other)
    if !(first.isSound && second.isSound && isEqual) { throw ExitCode(1) }
  }

  private func show(_ path: String) throws -> VerificationReport {
    let report = try Verification.verify(path, data: data)
    try Answer.print(path)
    for (name, text) in report.findings {
      try Answer.print("  \(name)\(String(repeating: " ", count: max(1, 13 - name.count)))\(text)")
    }
    let shown = report.problems.prefix(Self.problemLimit)
    for problem in shown { try Answer.print("  WRONG        \(problem)") }
    if report.problems.count > shown.count {
      try Answer.print(
        "  WRONG        and \(report.problems.count - shown.count) more problems")
    }
    return report
  }

  private func compare(_ first: RunChain, _ second: RunChain, _ other: String) throws -> Bool {
    let (common, parting) = first.compare(with: second)
    if let parting {
      let step = parting.step.index
      let place = parting.isEvaluation ? "the evaluation of step \(step)" : "step \(step)"
      let equal = parting.isEvaluation ? step : step - 1
      let before = step == 0 ? "" : "equal up to step \(equal), "
      try Answer.print(
        "DIFFERENT: \(before)different from \(place) on: \(parting.key) is \(parting.values[0]) in "
          + "\(folder) and \(parting.values[1]) in \(other)")
      return false
    }
    let longer = max(first.stepCount, second.stepCount)
    let rest = longer > common ? "; one goes on to step \(longer)" : ""
    try Answer.print("equal: all \(HumanFormat.counted(common, "step")) that both made\(rest)")
    return true
  }
}
