// The run whose features are tested, and what tests of `terrane embed` share.

import TestSupport
import Testing

/// A tiny run, trained once for all tests of a process.
enum TrainedRun {
  private static let outcome = Result {
    let run = try TinyRun("training.steps=5", "evaluation.everySteps=5")
    #expect(try run.startTraining().waitForEnd() == 0)
    return run
  }

  static func run() throws -> TinyRun { try outcome.get() }
}

/// A test of the command, with a place for files and a run.
protocol EmbedCase {
  var folder: TemporaryFolder { get }
  var trained: TinyRun { get }
}

extension EmbedCase {
  func embed(_ arguments: String...) throws -> Outcome {
    try run(Repository.terrane, ["embed", trained.folder] + arguments)
  }

  /// A piece of a sample scene, so that a test is quick.
  func piece(_ name: String = "piece.tif", more: String = "") throws -> String {
    _ = try MadeScene.python(
      in: folder,
      """
      gdal.Translate("\(name)", sys.argv[1], srcWin=[400, 500, 700, 500])
      \(more)
      """, [Repository.landsat[0]])
    return folder.file(name)
  }
}
