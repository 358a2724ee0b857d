// What a user can do wrong, or a file can be, on the way from scenes to a dataset.

import Basics

/// Why no dataset was made. Each description names the file, says what is wrong and what to do.
package enum IngestError: Error, CustomStringConvertible {
  case differs(scene: String, from: String, what: String, expected: String, found: String)
  case noBounds(scene: String, column: Int, row: Int)
  case chipTooLarge(side: Int, bands: Int)
  case noChips(windows: Int, side: Int, maximumNodata: Double, reasons: [String])
  case tooManyWindows(limit: Int)
  case nothingToTrainOn(chips: Int, holdout: Double)
  case noOutput
  case outputIsAFile(path: String)
  /// It holds a dataset or something else.
  case outputNotEmpty(path: String, isDataset: Bool)
  case notADataset(path: String)
  case interrupted(signal: Int32)
  case noScenes(unreadable: Int)
  case allAvoided(chips: Int, path: String)
  case undeclaredScale(
    band: String, declared: String, scale: Double, offset: Double, undeclared: String)
  case otherRequest(path: String, what: String)
  case scenesChanged(path: String, scene: String)
  case damagedWork(path: String, what: String)
  case damagedShard(path: String)
  case stageMissing(path: String, stage: String, missing: Int)
  case partIsBusy(path: String)
  case noSources(path: String, why: String)
  case nothingToAdd(sceneCount: Int)
  case nothingToAddTo(path: String)
  case otherOptions(path: String, name: String, recorded: String, given: String)
  case otherReading(path: String)
  case kept(path: String, after: String)
  case leftBehind(path: String, reason: String, after: String)
  case undescribed(path: String, reason: String)
  case noWayToGlobe(system: String)
  case littleMemory(threads: Int, bytes: Int)

  package var description: String {
    switch self {
    case .differs(let scene, let other, let what, let expected, let found):
      "\(scene) has another \(what) than \(other): \(found), expected \(expected). "
        + "A dataset has one; "
        + (what.hasSuffix("bands") ? "choose bands that all scenes have with --bands, " : "")
        + "convert the scene or ingest it into a dataset of its own."
    case .noBounds(let scene, let column, let row):
      "the chip at column \(column), row \(row) of \(scene) has no place on WGS 84: it lies outside "
        + "of what its coordinate system is defined for. Check the scene's georeferencing."
    case .chipTooLarge(let side, let bands):
      "chips of side \(side) with \(bands) bands are too large. Choose a smaller --chip-side."
    case .noChips(let windows, let side, let maximumNodata, let reasons):
      ([
        windows == 0
          ? "no scene holds a chip of \(side) × \(side) pixels. Choose a smaller --chip-side."
          : "none of \(windows) windows has at most \(HumanFormat.shortPercent(maximumNodata)) of nodata "
            + "and more than one value. Raise --max-nodata, or check what hides pixels: nodata values, masks."
      ] + reasons.prefix(3)).joined(separator: "\n")
    case .tooManyWindows(let limit):
      "the scenes have more than \(HumanFormat.count(limit)) windows. Choose a larger --resolution, "
        + "which is in units of the map, or a larger --stride."
    case .nothingToTrainOn(let chips, let holdout):
      "a holdout of \(HumanFormat.shortPercent(holdout)) leaves none of \(chips) chips for training: each is held out "
        + "or touches one that is. Lower --holdout or --stride, or give more scenes."
    case .noOutput:
      "the dataset's folder, OUT, is an empty word. Is a variable in the command unset?"
    case .outputIsAFile(let path):
      "\(path) is a file. The dataset's folder, OUT, comes first, before the scenes: name one that "
        + "does not exist yet."
    case .outputNotEmpty(let path, true):
      "\(path) exists and is not empty: it holds a dataset. Name another folder, replace that dataset "
        + "with --overwrite, or add scenes to it with --add."
    case .outputNotEmpty(let path, false):
      "\(path) exists and is not empty, and holds no dataset. The dataset's folder, OUT, comes first, "
        + "before the scenes: name one that does not exist yet."
    case .notADataset(let path):
      "\(path) holds other things than a dataset and is not touched. Name another folder."
    case .interrupted(let signal):
      "stopped by signal \(signal)"
    case .noScenes(let unreadable):
      unreadable == 0
        ? "nothing that is named is a scene"
        : "none of \(HumanFormat.counted(unreadable, "scene")) can be read. Run without "
          + "--skip-unreadable to see why."
    case .allAvoided(let chips, let path):
      "all of \(chips) chips lie near features of \(path). Choose a smaller --distance."
    case .undeclaredScale(let band, let declared, let scale, let offset, let undeclared):
      "\(band) has scale \(scale) and offset \(offset) in \(declared), and \(undeclared) does not say "
        + "what its values mean. Declare it with `gdal_edit.py -scale \(scale) -offset \(offset) "
        + "\(undeclared)` (or what is true of it), or ingest the scenes into datasets of their own."
    case .otherRequest(let path, let what):
      "\(path) holds the beginning of a run with other \(what). Give the same command again to go "
        + "on with that one, or add --restart to remove it and begin anew."
    case .scenesChanged(let path, let scene):
      "\(scene) has changed since the run in \(path) began. Add --restart to begin anew."
    case .damagedWork(let path, let what):
      "\(path) is damaged: \(what). Begin anew with --restart; where stages are run one by one, "
        + "remove the folder OUT.partial instead."
    case .damagedShard(let path):
      "\(path) is not as it was written. Run the stage 'write' again, all of its parts: it makes "
        + "anew what is damaged."
    case .stageMissing(let path, let stage, let missing):
      "\(path) lacks what the stage '\(stage)' makes: \(HumanFormat.counted(missing, "piece")) of it. "
        + "Run that stage first, all of its parts."
    case .partIsBusy(let path):
      "another process is at work on the same part of a stage and holds \(path)"
    case .noSources(let path, let why):
      "\(path) does not say what it was made of (\(why)), so nothing can be added. Make the dataset "
        + "again from all scenes, with --overwrite."
    case .nothingToAdd(let count):
      (count == 1 ? "the scene that is named is" : "all \(count) scenes that are named are")
        + " in the dataset already: nothing is added, and it stays as it is."
    case .nothingToAddTo(let path):
      "\(path) holds no dataset to add to. Leave --add away to make one."
    case .otherOptions(let path, let name, let recorded, let given):
      "\(path) was made with \(name) \(recorded), not \(given), and all of a dataset is made alike. "
        + "Leave \(name) away."
    case .otherReading(let path):
      "\(path) was made with other options of what pixels mean, and all of a dataset is made alike. "
        + "Leave them away, or make a dataset of its own from the new scenes."
    case .kept(let path, let first):
      "\(first)\nWhat was done so far is kept in \(path): the same command goes on from there once "
        + "the cause is gone; remove the folder if you do not want it."
    case .leftBehind(let path, let reason, let first):
      "\(first)\n\(path) could not be removed: \(reason). Remove it, or run terrane-ingest for the "
        + "same folder again."
    case .undescribed(let path, let reason):
      "the dataset \(path) is there and whole, but what is in it could not be said: \(reason)"
    case .littleMemory(let threads, let bytes):
      "\(HumanFormat.counted(threads, "thread")) may need \(HumanFormat.bytes(bytes)) more of address "
        + "space, and \(ResourceLimit.addressSpace.explanation ?? "there is less"). Raise that limit, "
        + "or lower --threads."
    case .noWayToGlobe(let system):
      "PROJ knows no way from \(system) to WGS 84, which finding neighbours in other coordinate "
        + "systems needs. Ingest its scenes into a dataset of their own."
    }
  }
}
