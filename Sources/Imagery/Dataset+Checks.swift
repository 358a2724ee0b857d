// What must hold of a dataset.json before anything is done by it.

import Basics
import Foundation

extension Dataset {
  static func decode(_ text: String, path: String) throws -> DatasetDescription {
    struct Version: Decodable { let formatVersion: Int }
    do {
      let version = try JSONDecoder().decode(Version.self, from: Data(text.utf8)).formatVersion
      guard version == DatasetDescription.supportedVersion else {
        throw DatasetError.unsupportedVersion(
          path: path, supported: DatasetDescription.supportedVersion, found: version)
      }
      return try JSONDecoder().decode(DatasetDescription.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw DatasetError.unreadableDescription(path: path, what: error.summary)
    }
  }

  static func checkedLayout(of description: DatasetDescription, path: String) throws
    -> ChipLayout
  {
    func malformed(_ what: String) -> DatasetError { .malformed(path: path, what: what) }
    guard
      let layout = ChipLayout(
        side: description.chipSide, bandCount: description.bands.count,
        pixelType: description.pixelType)
    else {
      throw malformed(
        "chips of side \(description.chipSide) with \(description.bands.count) bands")
    }
    for band in description.bands { try check(band, path: path) }
    for scene in description.scenes {
      guard description.referenceSystems.indices.contains(scene.referenceSystem),
        scene.transform.isProper, scene.footprint.isProper, scene.corners.isProper
      else { throw malformed("the entry of scene '\(scene.name)'") }
    }
    for shard in description.shards {
      guard !shard.file.isEmpty, !shard.file.contains("/"), !shard.file.hasPrefix("."),
        shard.chips > 0, shard.borderChips >= 0, shard.links >= 0, shard.bytes > 0,
        shard.chips <= UInt32.max, shard.borderChips <= UInt32.max
      else { throw malformed("the entry of shard '\(shard.file)'") }
    }
    if description.trainingShards.isEmpty { throw malformed("it has no training shards") }
    return layout
  }

  private static func check(_ band: BandDescription, path: String) throws {
    func malformed(_ what: String) -> DatasetError {
      .malformed(path: path, what: "\(what) of band '\(band.name.visible)'")
    }
    guard band.mean.isFinite, band.standardDeviation.isFinite, band.standardDeviation >= 0,
      (0...1 << 56).contains(band.count)
    else { throw malformed("the statistics") }
    let found = band.quantiles.map {
      [$0.percent1, $0.percent25, $0.median, $0.percent75, $0.percent99]
    }
    guard found?.allSatisfy(\.isFinite) ?? true, found?.sorted() == found else {
      throw malformed("the quantiles")
    }
    let meaning = [band.wavelength ?? 1, band.scale, band.offset]
    guard meaning.allSatisfy(\.isFinite), band.scale != 0, (band.wavelength ?? 1) > 0,
      max(band.name.utf8.count, (band.unit ?? "").utf8.count) <= BandMeaning.largestTextBytes
    else { throw malformed("the meaning of the values") }
  }
}
