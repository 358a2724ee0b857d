// `terrane view`: the page of runs, from their folders.

import ArgumentParser
import Basics
import ClusterRuntime
import Observability
import RunHistory
import Serving
import TrainingRun

struct ViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Show runs on a page in the browser: finished ones, and those that go on.",
    discussion: """
      Only the runs' folders are read, so a run on another machine is shown wherever its folder is \
      mounted. Ctrl-C ends it.

      Examples:

        terrane view runs/landsat

      Several are compared in one plot:

        terrane view runs/a runs/b runs/c --http 127.0.0.1:9000
      """)

  @Argument(help: "Folders of runs, at most \(Self.runLimit).") var runs: [String]

  @OptionGroup var page: PageOptions

  private static let runLimit = 16

  func validate() throws {
    if runs.count > Self.runLimit {
      throw ValidationError("at most \(Self.runLimit) runs are shown on a page")
    }
  }

  func run() throws {
    let folders = try runs.map { try RunFolder.ofRun(at: $0) }
    let paths = folders.map(\.path)
    if let twice = paths.first(where: { path in paths.count { $0 == path } > 1 }) {
      throw ValidationError("\(twice.visible) is named twice; a run is shown once")
    }
    let isAsked = Monitor(false)
    let listener = try StopListener(status: .done)
    listener.handOver { isAsked.withLock { $0 = true } }
    let server = try page.start(at: page.http ?? "127.0.0.1:8080")
    server.show(folders)
    isAsked.wait { $0 ? () : nil }
    server.close()
  }
}

extension RunFolder {
  /// - Throws: `RunError` when there is no run.
  static func ofRun(at path: String) throws -> RunFolder {
    // The one name of the folder: what runs are called and told apart by.
    let folder = RunFolder(Files.resolved(path))
    guard folder.holdsRun else {
      throw RunError(
        description: "\(path.visible) holds no run: there is no \(folder.configuration.visible)")
    }
    return folder
  }
}
