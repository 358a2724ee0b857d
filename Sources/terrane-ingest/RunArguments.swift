// The options that say how a run is carried out. None of them changes a byte of the dataset.

import ArgumentParser
import Foundation
import Ingestion

extension IngestStage: ExpressibleByArgument {}

/// Options of the run.
struct RunArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Threads that read and write; each takes about 150 MiB. (default: one a processor)",
      valueName: "count"))
  var threads: Int?

  @Flag(help: "Leave out scenes that cannot be read, and list them.")
  var skipUnreadable = false

  @Flag(help: "Read everything and say what would come out, but make no dataset.")
  var dryRun = false

  @Flag(help: "Add the scenes to the dataset in OUT, as a new version of it.")
  var add = false

  @Flag(help: "Replace the dataset that is in OUT, once the new one is whole.")
  var overwrite = false

  @Flag(help: "Remove what a run that was cut has left in OUT.partial, and begin anew.")
  var restart = false

  @Option(
    help: ArgumentHelp(
      "Do one stage only, for job arrays.", valueName: "stage"))
  var stage: IngestStage?

  @Option(
    help: ArgumentHelp(
      "Of the stages scan and write, the part K of N; parts may run at the same time.",
      valueName: "K/N"))
  var part: String?

  /// Threads that can be of use, at most.
  private static let mostThreads = 1024

  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  var resolvedPart: StagePart { part.flatMap { StagePart($0) } ?? .whole }

  var mode: OutputMode { dryRun ? .dryRun : add ? .add : overwrite ? .overwrite : .create }

  func validate() throws {
    guard (1...Self.mostThreads).contains(threads ?? 1) else {
      throw ValidationError(
        "--threads is \(threads ?? 0); it must be from 1 to \(Self.mostThreads).")
    }
    if let part {
      guard StagePart(part) != nil else {
        throw ValidationError(
          "--part is '\(part)'; it is a number and how many there are, such as 2/8.")
      }
      guard stage == .scan || stage == .write else {
        throw ValidationError("--part goes with --stage scan or --stage write.")
      }
    }
    if dryRun && (stage != nil || restart) {
      throw ValidationError("--dry-run makes nothing: it goes without --stage and --restart.")
    }
    if restart && stage != nil {
      throw ValidationError(
        "--restart would remove what other parts have done; remove OUT.partial before the first.")
    }
    if add && (overwrite || dryRun) {
      throw ValidationError("--add goes without --overwrite and --dry-run.")
    }
  }
}
