// The command line of Terrane: every subcommand parses, calls and prints.

import ArgumentParser
import Foundations

@main
struct Terrane: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terrane",
    abstract: "Pretrain NeighborMAE on pairs of neighbouring satellite images, on CPU machines.",
    discussion: """
      First make shards from your scenes:

        terrane-ingest data/mine scenes/*.tif

      then train on this machine, and look at what came of it:

        terrane train run.yaml --set data.folder=data/mine --set run.folder=runs/mine
        terrane reconstruct runs/mine --out picture.png

      On several machines, start `terrane coordinator` on one and `terrane worker` on the others. The \
      parameters after each step are the same bits whatever the number of workers and threads.

      Exit statuses:

      \(ExitStatus.help())
      """,
    version: Release.version,
    subcommands: [
      TrainCommand.self, CoordinatorCommand.self, WorkerCommand.self, ReconstructCommand.self,
      InspectCommand.self, VerifyCommand.self, ParityCommand.self, SimulateCommand.self,
      BenchCommand.self,
    ])

  static func main() {
    StandardStreams.ensureOpen()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any ErrorWithExitStatus {
      StandardStreams.write("Error: \("\(error)".visibleLines)\n", to: 2)
      exit(withError: ExitCode(error.exitStatus.rawValue))
    } catch {
      let status = exitCode(for: error)
      if status.isSuccess { exit(withError: error) }
      // Its words may be others': names of files, what a file says of itself.
      let text = fullMessage(for: error).visibleLines
      if !text.isEmpty { StandardStreams.write(text + "\n", to: 2) }
      exit(withError: status)
    }
  }
}
