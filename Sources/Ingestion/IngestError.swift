// What a user can do wrong, or a file can be, on the way from scenes to a dataset.

import Basics

/// Why no dataset was made. Each description names the file, says what is wrong and what to do.
package enum IngestError: Error, CustomStringConvertible {
  case differs(scene: String, from: String, what: String, expected: String, found: String)
  case givenTwice(scene: String)
  case noBounds(scene: String, column: Int, row: Int)
  case chipTooLarge(side: Int, bands: Int)
  case noChips(windows: Int, side: Int, maximumNodata: Double)
  case nothingToTrainOn(chips: Int, holdout: Double)
  case outputIsAFile(path: String)
  case outputNotEmpty(path: String)
  case notADataset(path: String)
  case interrupted(signal: Int32)
  case leftBehind(path: String, reason: String, after: String)
  case undescribed(path: String, reason: String)
  case noWayToGlobe(system: String)

  package var description: String {
    switch self {
    case .differs(let scene, let other, let what, let expected, let found):
      "\(scene) has another \(what) than \(other): \(found), expected \(expected). "
        + "A dataset has one; convert the scene or ingest it into a dataset of its own."
    case .givenTwice(let scene):
      "\(scene) is given twice. Name each scene once."
    case .noBounds(let scene, let column, let row):
      "the chip at column \(column), row \(row) of \(scene) has no place on WGS 84: it lies outside "
        + "of what its coordinate system is defined for. Check the scene's georeferencing."
    case .chipTooLarge(let side, let bands):
      "chips of side \(side) with \(bands) bands are too large. Choose a smaller --chip-side."
    case .noChips(let windows, let side, let maximumNodata):
      windows == 0
        ? "no scene holds a chip of \(side) × \(side) pixels. Choose a smaller --chip-side."
        : "none of \(windows) windows has at most \(HumanFormat.shortPercent(maximumNodata)) of nodata. "
          + "Raise --max-nodata or check the scenes' nodata values."
    case .nothingToTrainOn(let chips, let holdout):
      "a holdout of \(HumanFormat.shortPercent(holdout)) leaves none of \(chips) chips for training: each is held out "
        + "or touches one that is. Lower --holdout or --stride, or give more scenes."
    case .outputIsAFile(let path):
      "\(path) is a file. Name a folder that does not exist yet."
    case .outputNotEmpty(let path):
      "\(path) exists and is not empty. Name another folder, or replace the dataset in it with "
        + "--overwrite."
    case .notADataset(let path):
      "\(path) holds other things than a dataset and is not touched. Name another folder."
    case .interrupted(let signal):
      "stopped by signal \(signal), and nothing is left behind"
    case .leftBehind(let path, let reason, let first):
      "\(first)\n\(path) could not be removed: \(reason). Remove it, or run terrane-ingest for the "
        + "same folder again."
    case .undescribed(let path, let reason):
      "the dataset \(path) is there and whole, but what is in it could not be said: \(reason)"
    case .noWayToGlobe(let system):
      "PROJ knows no way from \(system) to WGS 84, which finding neighbours in other coordinate "
        + "systems needs. Ingest its scenes into a dataset of their own."
    }
  }
}
