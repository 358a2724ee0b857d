// When a scene was taken, where metadata, names and the user may each say something.

import Basics
import Imagery

extension SceneSearch {
  /// Dates a scene, and says what of its metadata and its name cannot be right.
  /// - Throws: `InputError` for a pattern that is no regular expression.
  mutating func date(_ scene: inout FoundScene) throws {
    let name = scene.recipe.name
    if let pattern = options.datePattern {
      let date =
        try AcquisitionDates.inName(name, pattern: pattern)
        ?? AcquisitionDates.inName(scene.recipe.source, pattern: pattern)
      guard let date else {
        return remarks.add(
          "--date-pattern finds no date in the name of \(name.visible)", scene: name)
      }
      scene.recipe.acquired = date
      return
    }
    if let text = scene.unusableDate {
      remarks.add(
        "the metadata of \(name.visible) say '\(text.visible)' in the place of a date, which is not "
          + "a day from 1900 to 2200 and is left aside", scene: name, kind: "unusable date")
    }
    if let known = scene.recipe.acquired {
      if case .one(let time) = AcquisitionDates.inName(name), abs(time.day - known.day) > 1 {
        remarks.add(
          "\(name.visible) is of \(known) by its metadata, which count, and of \(time) by its "
            + "name; --date-pattern takes dates from names", scene: name, kind: "two dates")
      }
      return
    }
    switch AcquisitionDates.inName(name) {
    case .one(let time): scene.recipe.acquired = time
    case .several:
      remarks.add(
        "the name of \(name.visible) holds several dates; --date-pattern says which", scene: name)
    case .none: break
    }
  }
}
