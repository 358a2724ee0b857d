// What scanning found in a scene, beside its chips: numbers for the summary and reasons for notes.

import Basics
import Scenes

/// The outcome of one scene.
struct SceneScan: Hashable, Codable {
  /// Its number among the scenes.
  let scene: Int
  var windows = 0
  var droppedForNodata = 0
  /// Windows with one value in every band.
  var droppedConstant = 0
  /// The values of those windows, where they all have the same.
  var constantValues: [Double]?
  var chips = 0
  /// Of all pixels under windows, each once.
  var findings = PixelFindings()
  /// Of all chips' payloads and places: equal scenes have equal ones.
  var digest: UInt64 = 0
  /// What hides its pixels.
  var tally: ReadingTally?
  /// Bands that were used as alpha.
  var alpha: [String] = []
  /// What there is to say of how it is read.
  var remarks: [String] = []
  /// Why it could not be read, where such scenes are left out.
  var unreadable: String?

  init(scene: Int) { self.scene = scene }
}

/// The outcome of a batch: the content of its report.
struct ScanReport: Hashable, Codable {
  var scenes: [SceneScan]
  var chips: Int
}
