// The command line of Terrane: every subcommand parses, calls and prints.

import ArgumentParser
import Basics
import Commands

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
        terrane export runs/mine encoders/mine
        terrane embed runs/mine scene.tif --map features.tif
        terrane probe runs/mine --labels landcover.gpkg --field class

      `terrane plan run.yaml --workers 64 --link 1Gbit` says before what a run will take. \
      On several machines, make keys with `terrane keys`, start `terrane coordinator` on one and \
      `terrane worker` on the others. \
      The parameters after each step are the same bits whatever the number of workers and threads.

      Exit statuses:

      \(ExitStatus.help())
      """,
    version: Release.versionAndCommit,
    subcommands: [
      TrainCommand.self, PlanCommand.self, RunCoordinatorCommand.self, RunWorkerCommand.self,
      KeysCommand.self,
      ViewCommand.self, WatchCommand.self, TensorBoardCommand.self,
      ReconstructCommand.self, InspectCommand.self, ExportCommand.self, EmbedForwarding.self,
      ProbeForwarding.self, VerifyCommand.self, CleanCommand.self, ParityCommand.self,
      SimulateCommand.self, BenchCommand.self,
    ])

  static func main() { runProgram() }
}
