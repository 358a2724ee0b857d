// Why a journal cannot be read or begun, beyond what `FileError` says. Damage is not an error: see
// `ReplayResult`.

import Basics

/// Names the segment and the evidence.
package enum JournalError: Error, Equatable, CustomStringConvertible {
  case unsupportedVersion(path: String, found: UInt32, supported: UInt32)
  case otherRun(path: String, expected: String, found: String)
  case otherGrid(path: String, expected: ChunkGrid, found: ChunkGrid)
  /// A journal is to go on after a step although it holds the one that follows.
  case notReplayed(path: String, step: Step)

  package var description: String {
    switch self {
    case .unsupportedVersion(let path, let found, let supported):
      "\(path) is of journal format \(found), but this program reads format \(supported); "
        + "use the version of Terrane that wrote it"
    case .otherRun(let path, let expected, let found):
      "\(path) belongs to run \(found), and this is run \(expected): its configuration or its "
        + "dataset was changed; put back the ones it was made with, or start a new run"
    case .otherGrid(let path, let expected, let found):
      "\(path) holds sums of \(Self.text(of: found)), but the model has \(Self.text(of: expected)); "
        + "it belongs to another model"
    case .notReplayed(let path, let step):
      "\(path) holds step \(step), which was not replayed; replay the journal before going on"
    }
  }

  private static func text(of grid: ChunkGrid) -> String {
    "\(grid.valueCount) values in chunks of \(grid.valuesPerChunk)"
  }
}
