// Degrees as people write them.

import Basics
import Imagery

package enum DegreeText {
  /// "25.5° S", "0°".
  package static func latitude(_ degrees: Double, places: Int) -> String {
    text(degrees, places, positive: "N", negative: "S")
  }

  /// "54.9° W", "180°", "0°"; longitudes beyond ±180 come back from the other side.
  package static func longitude(_ degrees: Double, places: Int) -> String {
    var degrees = degrees.remainder(dividingBy: 360)
    if HumanFormat.decimal(abs(degrees), places: places).hasPrefix("180") { degrees = 180 }
    return degrees == 180 ? "180°" : text(degrees, places, positive: "E", negative: "W")
  }

  /// "25.30° S, 54.90° W".
  package static func place(_ point: GeographicPoint, places: Int) -> String {
    latitude(point.latitude, places: places) + ", " + longitude(point.longitude, places: places)
  }

  private static func text(
    _ degrees: Double, _ places: Int, positive: String, negative: String
  ) -> String {
    let number = HumanFormat.decimal(abs(degrees), places: places)
    // What reads as zero has no side.
    if number.allSatisfy({ $0 == "0" || $0 == "." }) { return "0°" }
    return "\(number)° \(degrees > 0 ? positive : negative)"
  }
}
