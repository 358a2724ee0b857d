// `terrane tensorboard`: runs as TensorBoard reads them.

import ArgumentParser
import Basics
import Observability
import TensorBoard

struct TensorBoardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tensorboard",
    abstract: "Write runs as event files for TensorBoard: scalars, pictures, configuration.",
    discussion: """
      A run that goes on is written as far as it is; the same command brings its file up to date. \
      A TensorBoard that is open reads on in the file before: start it again to see the new one.

      Examples:

        terrane tensorboard runs/landsat logs
        terrane tensorboard runs/a runs/b logs && tensorboard --logdir logs
      """)

  @Argument(help: "Folders of runs, and at the end the folder that gets a folder for each.")
  var paths: [String]

  func validate() throws {
    if paths.count < 2 {
      throw ValidationError("name at least one run, and behind it the folder that is written to")
    }
    let names = paths.dropLast().map { Files.name(of: Files.resolved($0)) }
    if Set(names).count < names.count {
      throw ValidationError("two runs' folders have the same name; write them one by one")
    }
  }

  func run() throws {
    for path in paths.dropLast() {
      let folder = try RunFolder.ofRun(at: path)
      let place = "\(paths[paths.count - 1])/\(Files.name(of: folder.path))"
      let written = try EventFile.write(folder, to: place)
      try Answer.print(
        "wrote \(written.path) (\(HumanFormat.counted(written.events, "event")))")
    }
  }
}
