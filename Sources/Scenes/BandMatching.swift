// Bands by their names: whether two names mean one band, which band a user means, and how the bands
// of one scene lie among those of another.

import Basics
import Foundation

package enum BandMatching {
  /// Whether two names mean one band: letters of any case, "B2" as "B02".
  package static func isSame(_ a: String, _ b: String) -> Bool { key(a) == key(b) }

  /// What names that mean one band have in common.
  private static func key(_ name: String) -> String {
    var result = ""
    var isAfterDigit = false
    let characters = Array(name.lowercased().trimmingCharacters(in: .whitespaces))
    for (index, character) in characters.enumerated() {
      let isLeadingZero =
        character == "0" && !isAfterDigit && index + 1 < characters.count
        && characters[index + 1].isNumber
      if !isLeadingZero { result.append(character == "-" || character == " " ? "_" : character) }
      isAfterDigit = character.isNumber && !isLeadingZero
    }
    return result
  }

  /// Whether a name says no more than the band's number in its file: "", "band 1", "Band_1",
  /// "Layer_1", "1". "Band 4" as the name of a first band is a name.
  package static func isNameless(_ name: String, number: Int) -> Bool {
    var rest = name.lowercased().trimmingCharacters(in: .whitespaces)
    if rest.isEmpty { return true }
    for word in ["band", "layer", "channel"] where rest.hasPrefix(word) {
      rest = String(rest.dropFirst(word.count)).trimmingCharacters(
        in: CharacterSet(charactersIn: " _-"))
      break
    }
    return Int(rest) == number
  }

  /// Where the bands of a reference are among those of a scene. A band without a name matches any
  /// name at its own place.
  /// - Returns: for each band of the reference the index of the scene's band, which is 0, 1, 2, …
  ///   when bands come in one order; nil when the bands are not the same.
  package static func order(of bands: [BandSource], as reference: [BandSource]) -> [Int]? {
    guard bands.count == reference.count else { return nil }
    let isInPlace = bands.indices.allSatisfy { index in
      isSame(bands[index].name, reference[index].name)
        || isNameless(bands[index].name, number: bands[index].number)
        || isNameless(reference[index].name, number: reference[index].number)
    }
    if isInPlace { return Array(bands.indices) }
    var places: [String: Int] = [:]
    for (index, band) in bands.enumerated()
    where places.updateValue(index, forKey: key(band.name)) != nil {
      return nil
    }
    let order = reference.compactMap { places[key($0.name)] }
    return order.count == reference.count && Set(order).count == order.count ? order : nil
  }

  /// Where bands are among others, by their names alone.
  /// - Returns: nil where one is not there, is there twice, or has a name that says nothing.
  package static func places(of names: [String], among others: [String]) -> [Int]? {
    let places = names.enumerated().compactMap { index, name -> Int? in
      let found = others.indices.filter { isSame(others[$0], name) }
      return found.count == 1 && !isNameless(name, number: index + 1) ? found[0] : nil
    }
    return places.count == names.count && Set(places).count == places.count ? places : nil
  }

  /// The index of the band that a user means: by its name, by another name of it, or by its number
  /// from 1.
  /// - Throws: `InputError` for a band that is not there, and for one that may be several.
  static func index(of wanted: String, in scene: FoundScene) throws -> Int {
    let bands = scene.recipe.bands
    let isMeant: [(Int) -> Bool] = [
      { bands[$0].name == wanted },
      { isSame(bands[$0].name, wanted) },
      { scene.aliases[$0].contains { isSame($0, wanted) } },
      { bands[$0].color == wanted.lowercased() },
    ]
    for test in isMeant {
      let found = bands.indices.filter(test)
      if found.count == 1 { return found[0] }
      if found.count > 1 {
        throw InputError.ambiguousBand(
          scene: scene.recipe.source, band: wanted, candidates: found.map { bands[$0].name })
      }
    }
    if let number = Int(wanted), bands.indices.contains(number - 1) { return number - 1 }
    throw InputError.missingBand(
      scene: scene.recipe.source, band: wanted, available: bands.map(\.name))
  }
}
