// What every process of a run needs from the system, whatever the model: looked at before anything
// begins, because libraries below end a process without a word, or wait without an end, for what
// they cannot have.

import Basics
import TrainingRun

enum ProcessNeeds {
  /// Files of a run, sockets and what libraries open for themselves; connections come on top.
  static let openFiles = 64
  /// The program with its libraries and the stacks of its threads; the model comes on top.
  static let addressSpaceBytes = 512 << 20

  /// Raises the limit of open files as far as the user may, and looks whether what there is
  /// suffices.
  /// - Throws: `RunError` that names the limit and the need.
  static func check() throws {
    ResourceLimit.openFiles.raiseToHardLimit()
    try require(.openFiles, openFiles, "\(openFiles) are needed")
    try require(
      .addressSpace, addressSpaceBytes,
      "\(HumanFormat.bytes(addressSpaceBytes)) and what the model takes are needed")
  }

  private static func require(_ limit: ResourceLimit, _ needed: Int, _ need: String) throws {
    guard let value = limit.value, value < needed, let explanation = limit.explanation else {
      return
    }
    throw RunError(description: "\(explanation), and \(need); raise that limit")
  }
}
