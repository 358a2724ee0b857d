// `terrane train`: this machine's own little cluster.

import ArgumentParser
import Basics
import ClusterRuntime
import Configuration

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train on this machine: one coordinator and its workers as separate processes.",
    discussion: """
      Ctrl-C stops after a checkpoint; a second one stops at once. Processes that die are replaced \
      a few times, and the numbers do not change by it.

      Examples:

        terrane train run.yaml
        terrane train run.yaml --set training.steps=1000 --set workers.count=4
        terrane train --resume runs/landsat

      In a job that may be started again:

        terrane train run.yaml --resume-or-start

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage, .diverged, .runIsHeld, .stopped]))
      """)

  @OptionGroup var options: RunOptions

  @OptionGroup var page: PageOptions

  func run() throws {
    if options.explain { return try Answer.print(RunConfiguration.reference) }
    let training = try LocalTraining()
    let server = try page.start()
    let run = try options.prepare()
    server?.show([run.folder])
    defer { server?.close() }
    throw ExitCode(try training.train(run, waitsForLock: options.waitForLock).rawValue)
  }
}
