// What was invalid in the pixels that a reader read, and for what reason. Counts and sentences, and
// no pixels. Pure.

import Basics

/// Pixels by what hides them. Tallies of parts of a scene add up to that of the scene.
package struct ReadingTally: Hashable, Sendable, Codable {
  package internal(set) var pixels = 0
  package internal(set) var invalid = 0
  /// Of each band, pixels that are nodata, NaN or infinite in it. (bands)
  package internal(set) var noData: [Int]
  /// Of each band, pixels that are invalid since they are so in it and in no other. (bands)
  package internal(set) var hiddenByBandAlone: [Int]
  /// Of each band, pixels that are nodata in it and in no other, and valid by the rule. (bands)
  package internal(set) var keptForOtherBands: [Int]
  /// Pixels that are nodata in several bands but not in all, and valid by the rule.
  package internal(set) var keptForSomeBands = 0
  /// Pixels that an alpha band of the scene calls transparent.
  package internal(set) var transparent = 0
  /// Pixels that a mask of the raster or a quality layer hides.
  package internal(set) var masked = 0
  /// Pixels of the grid that the scene does not reach, as warped ones leave in their corners.
  package internal(set) var outside = 0
  /// Which values of bytes the alpha bands take: a bit for each. Of wider ones which remainders.
  private var alphaBits = [UInt64](repeating: 0, count: 4)
  private var isAlphaWide = false

  package init(bandCount: Int) {
    noData = Array(repeating: 0, count: bandCount)
    hiddenByBandAlone = noData
    keptForOtherBands = noData
  }

  /// Number of different values of the alpha bands; of wide ones, at least so many.
  package var alphaValues: Int { alphaBits.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Adds the tally of another part of the scene.
  /// - Parameter times: how many parts there are like it.
  package mutating func add(_ other: ReadingTally, times: Int = 1) {
    pixels += other.pixels * times
    invalid += other.invalid * times
    transparent += other.transparent * times
    masked += other.masked * times
    keptForSomeBands += other.keptForSomeBands * times
    outside += other.outside * times
    for band in noData.indices {
      noData[band] += other.noData[band] * times
      hiddenByBandAlone[band] += other.hiddenByBandAlone[band] * times
      keptForOtherBands[band] += other.keptForOtherBands[band] * times
    }
    for word in alphaBits.indices { alphaBits[word] |= other.alphaBits[word] }
    isAlphaWide = isAlphaWide || other.isAlphaWide
  }

  /// Remembers that alpha takes the values whose entry is true. (256)
  /// - Parameter isWide: whether an entry stands for several values.
  mutating func noteAlpha(_ values: [Bool], isWide: Bool = false) {
    isAlphaWide = isAlphaWide || isWide
    for value in values.indices where values[value] { alphaBits[value >> 6] |= 1 << (value & 63) }
  }

  /// What is worth saying of a scene, in sentences that name it: what hides much of it, and an
  /// alpha band that looks like an image.
  /// - Parameters:
  ///   - scene: its name as it is shown.
  ///   - bands: names of the bands.
  ///   - alpha: names of the bands that were used as alpha.
  package func findings(of scene: String, bands: [String], alpha: [String]) -> [String] {
    guard pixels > 0 else { return [] }
    var findings: [String] = []
    for band in bands.indices {
      let name = Self.title(bands[band])
      if noData[band] == pixels {
        findings.append("\(name) of \(scene) holds no valid pixel")
        continue
      }
      if Self.isMuch(hiddenByBandAlone[band], of: pixels) && bands.count > 1 {
        findings.append(
          "\(share(hiddenByBandAlone[band])) of \(scene) is invalid, by \(name) alone: declare "
            + "another nodata value for it (--nodata), or leave the band out (--bands)")
      }
      if Self.isMuch(keptForOtherBands[band], of: pixels) {
        findings.append(
          "\(share(keptForOtherBands[band])) of \(scene) is nodata in \(name) alone and counts as "
            + "valid; --nodata-rule all drops such pixels")
      }
    }
    if Self.isMuch(keptForSomeBands, of: pixels) {
      findings.append(
        "\(share(keptForSomeBands)) of \(scene) is nodata in several bands, but not in all, and "
          + "counts as valid; --nodata-rule all drops such pixels")
    }
    if alpha.isEmpty { return findings }
    let name = Self.title(alpha.joined(separator: ", "))
    if transparent == pixels {
      findings.append("all of \(scene) is invalid: its alpha band, \(name), is 0 everywhere")
    }
    if alphaValues > Self.fewAlphaValues {
      findings.append(
        "\(name) of \(scene) is flagged as alpha, takes \(isAlphaWide ? "many" : "\(alphaValues)") values "
          + "and was used as a mask (it is 0 in \(share(transparent)) of the scene); --keep-alpha reads it as an "
          + "image band")
    }
    return findings
  }

  private func share(_ count: Int) -> String {
    HumanFormat.shortPercent(Double(count) / Double(pixels))
  }

  /// "band 4", "band red": with the word, once.
  static func title(_ band: String) -> String {
    band.lowercased().hasPrefix("band") ? band.visible : "band \(band.visible)"
  }

  /// A tenth of the scene.
  private static func isMuch(_ count: Int, of pixels: Int) -> Bool { count * 10 >= pixels }

  /// Antialiased edges of a mosaic take more values than 0 and 255, but few.
  private static let fewAlphaValues = 16
}
