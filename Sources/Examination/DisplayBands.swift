// Which bands of a dataset a picture shows as red, green and blue.

import Basics
import Foundation
import Imagery
import TrainingRun

/// Three bands for red, green and blue, or one for grey.
package struct DisplayBands: Equatable {
  /// Places in the dataset: three, or one.
  package let places: [Int]
  /// Their names there.
  let names: [String]

  /// For red, green and blue: the same one three times for grey.
  package var channels: [Int] { places.count == 1 ? [places[0], places[0], places[0]] : places }

  /// What a picture says of it: "red, green, blue: B4, B3, B2".
  package var label: String {
    if places.count == 1 { return "grey: \(names[0])" }
    let isPlain = names.map { $0.lowercased() } == Self.colors
    return (isPlain ? "bands: " : "red, green, blue: ") + names.joined(separator: ", ")
  }

  private static let colors = ["red", "green", "blue"]

  private init(_ places: [Int], of bands: [BandDescription]) {
    self.places = places
    names = places.map { bands[$0].name }
  }

  /// The bands that are red, green and blue by their names, else by their colour interpretation,
  /// else by their wavelengths, else those that Landsat 8 and 9 and Sentinel-2 call B4, B3 and B2,
  /// else the first three; the first one of fewer.
  package init(of bands: [BandDescription]) {
    let numbered = ["4", "3", "2"]
    let found =
      Self.places(of: Self.colors, among: bands.map { Self.color(in: $0.name) })
      ?? Self.places(of: Self.colors, among: bands.map { $0.color ?? "" })
      ?? Self.placesByWavelength(bands)
      ?? Self.places(of: numbered, among: bands.map { Self.sensorNumber(of: $0.name) })
    self.init(found ?? (bands.count >= 3 ? [0, 1, 2] : [0]), of: bands)
  }

  /// - Parameter request: three bands for red, green and blue, or one for grey, parted by commas:
  ///   names in any case, or places counted from 1.
  /// - Throws: `RunError` that names what is not a band and those that there are.
  package init(_ request: String, of bands: [BandDescription]) throws {
    let words = request.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard words.count == 1 || words.count == 3 else {
      throw RunError(
        description:
          "--bands takes three bands for red, green and blue or one for grey, like 4,3,2; "
          + "found '\(request)'", exitStatus: .usage)
    }
    let places = try words.map { word in
      if let place = bands.firstIndex(where: { $0.name.lowercased() == word.lowercased() }) {
        return place
      }
      if let number = Int(word), bands.indices.contains(number - 1) { return number - 1 }
      let known = bands.enumerated().map { "\($0 + 1) \($1.name)" }.joined(separator: ", ")
      throw RunError(
        description: "--bands: the dataset has no band '\(word)'; it has \(known)",
        exitStatus: .usage)
    }
    self.init(places, of: bands)
  }

  /// Where each of the words is first; nil when one is missing.
  private static func places(of words: [String], among names: [String]) -> [Int]? {
    let places = words.compactMap { names.firstIndex(of: $0) }
    return places.count == words.count ? places : nil
  }

  /// Of red, green and blue light in micrometres.
  private static let light = [0.66, 0.56, 0.48]
  /// How far a band's centre may lie from these.
  private static let lightTolerance = 0.04

  /// The bands whose centres are nearest to red, green and blue light; nil when one is missing.
  private static func placesByWavelength(_ bands: [BandDescription]) -> [Int]? {
    let places = light.compactMap { center in
      let distances = bands.enumerated().compactMap { place, band in
        band.wavelength.map { (place: place, distance: abs($0 - center)) }
      }
      // Of equal ones the first.
      let nearest = distances.min { $0.distance < $1.distance }
      return nearest.flatMap { $0.distance <= lightTolerance ? $0.place : nil }
    }
    return places.count == light.count ? places : nil
  }

  /// "red" of "Red (665 nm)"; empty of "Red edge 1".
  private static func color(in name: String) -> String {
    let name = name.lowercased()
    return name.contains("edge") ? "" : String(name.prefix { $0.isLetter })
  }

  /// "4" of "B4", "B04", "SR_B4" and "B4, central wavelength 665 nm"; empty of names of another
  /// form.
  private static func sensorNumber(of name: String) -> String {
    let word = name.lowercased().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard let last = word.split(separator: "_").last, last.first == "b" else { return "" }
    return Int(last.dropFirst()).map(String.init) ?? ""
  }
}
