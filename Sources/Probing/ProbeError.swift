// Why labels and features make no probe. Each description says what is wrong and what to do.

import Basics

package enum ProbeError: Error, Equatable, CustomStringConvertible {
  case noPlaces(labels: String, scenes: String, reason: String)
  case notANumber(label: String)
  case tooManyClasses(count: Int)
  case oneClass(name: String, places: Int)
  case constant(value: Double, places: Int)
  case fewBlocks(blocks: Int, side: Double, folds: Int)
  case fewInFold(fold: String, part: String, places: Int)
  case oneClassInFold(fold: String, name: String)
  case noRole(labels: String, role: String)
  case notFinite(features: String)
  case mapTooLarge(width: Int, height: Int)

  package var description: String {
    switch self {
    case .noPlaces(let labels, let scenes, let reason):
      "\(labels.visible) labels no patch of \(scenes.visible)\(reason). Labels must lie in the scenes, "
        + "where these have data; gdalinfo and ogrinfo say where files lie."
    case .notANumber(let label):
      "the label \(label.visible) is not a number. Leave out --task numbers, or name a field of "
        + "numbers with --field."
    case .tooManyClasses(let count):
      "the labels have \(HumanFormat.count(count)) different values, and a probe tells at most "
        + "\(ProbeTarget.mostClasses) classes apart. If they are numbers, say --task numbers."
    case .oneClass(let name, let places):
      "all \(HumanFormat.counted(places, "labelled place")) are of one class, \(name.visible), so that "
        + "there is nothing to tell apart. Labels need two classes at least."
    case .constant(let value, let places):
      "all \(HumanFormat.counted(places, "labelled place")) have the number "
        + "\(HumanFormat.significant(value)), so that there is nothing to predict."
    case .fewBlocks(let blocks, let side, let folds):
      "the labels lie in \(HumanFormat.counted(blocks, "block")) of "
        + "\(ProbeText.distance(side)) on a side, and \(folds) folds need \(folds) at least. Make "
        + "blocks smaller with --block (metres), take fewer --folds, label places farther apart, or "
        + "give the labels a field that says train, val or test and name it with --split."
    case .fewInFold(let fold, let part, let places):
      "\(fold) has \(HumanFormat.counted(places, "place")) to \(part), and 2 are the least. Take fewer "
        + "--folds or another --block, or label more places; few labels of features can say train, val "
        + "or test in a field that --split names."
    case .oneClassInFold(let fold, let name):
      "\(fold) has places of one class alone, \(name.visible), to train on. Take fewer --folds or "
        + "another --block, or label more places of the other classes; or let a field of the labels "
        + "say train, val or test, train for features of two classes at least, and name it with --split."
    case .noRole(let labels, let role):
      "no place of \(labels.visible) is for \(role), by the field of --split."
    case .notFinite(let features):
      "the features of \(features) are not finite at some labelled place. Has the run diverged? "
        + "`terrane verify` looks through it."
    case .mapTooLarge(let width, let height):
      "the map would have \(HumanFormat.count(width)) × \(HumanFormat.count(height)) patches, and "
        + "\(HumanFormat.count(1 << 28)) are the most. Choose a larger --patch-ground, or map a part "
        + "of the scene."
    }
  }
}

/// Lengths and counts in words.
package enum ProbeText {
  /// "850 m", "12.3 km".
  package static func distance(_ metres: Double) -> String {
    metres < 1000
      ? "\(HumanFormat.significant(metres)) m" : "\(HumanFormat.significant(metres / 1000)) km"
  }
}
