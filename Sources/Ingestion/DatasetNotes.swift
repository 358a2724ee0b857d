// What is suspicious in scenes and bands, in sentences: for the summary and for dataset.json. What
// holds for many scenes is said of one and names the next ones. Pure.

import Basics
import Foundation
import Imagery
import Scenes

/// Notes on a dataset, each a sentence or two without a full stop at the end.
enum DatasetNotes {
  /// Names in a note, at most.
  private static let namesShown = 3

  static func notes(
    _ catalog: SceneCatalog, _ scans: [SceneScan], bands: [BandDescription],
    histograms: [ValueHistogram], byScene: [[RunningStatistics]]
  ) -> [String] {
    let names = catalog.scenes.map(\.recipe.name.visible)
    return catalog.header.notes + unreadable(catalog, scans) + readings(catalog, scans)
      + scenesWithoutChips(catalog, scans) + windowsLost(catalog, scans)
      + constantWindows(catalog, scans) + fill(catalog, scans)
      + pixelSizes(catalog) + equalScenes(catalog, scans) + equalPlaces(catalog, scans)
      + BandNotes.notes(bands, histograms) + BandNotes.deadInScenes(bands, byScene, names: names)
      + BandNotes.meansApart(bands, byScene, names: names)
  }

  private static func listed(_ names: [String]) -> String {
    HumanFormat.listed(names, "scene", first: namesShown)
  }

  private static func name(_ catalog: SceneCatalog, _ scan: SceneScan) -> String {
    catalog.scenes[scan.scene].recipe.name.visible
  }

  /// Sentences on some scenes, those that are alike as one.
  private static func remarks(
    _ catalog: SceneCatalog, _ scans: [SceneScan], _ sentences: (SceneScan) -> [String]
  ) -> [String] {
    var remarks = Remarks()
    for scan in scans {
      for text in sentences(scan) { remarks.add(text, scene: name(catalog, scan)) }
    }
    return remarks.texts
  }

  /// Each by itself, so that whoever wants them back has the list. What GDAL says of pixels depends
  /// on which of its threads comes first, and is left out: a dataset has the same bytes each time.
  private static func unreadable(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    let later = scans.filter { $0.unreadable != nil }.map { scan in
      UnreadableScene(
        catalog.scenes[scan.scene].recipe.name,
        reason: "reading its pixels fails (a run without --skip-unreadable says how)")
    }
    return (catalog.header.unreadable + later).map {
      "\($0.name.visible) is left out, because it cannot be read: \($0.reason)"
    }
  }

  /// How scenes are read, and what hides their pixels.
  private static func readings(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    remarks(catalog, scans) { $0.remarks + ($0.chips > 0 ? hidden(catalog, $0) : []) }
  }

  /// What hides a scene's pixels, where that is much.
  private static func hidden(_ catalog: SceneCatalog, _ scan: SceneScan) -> [String] {
    guard scan.unreadable == nil else { return [] }
    return scan.tally?.findings(
      of: catalog.scenes[scan.scene].recipe.name.visible,
      bands: catalog.header.bands.map(\.name), alpha: scan.alpha) ?? []
  }

  /// Scenes that gave no chip, and why; those that are equally small are said at once.
  static func scenesWithoutChips(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    let side = catalog.layout.side
    let small = catalog.scenes.filter { min($0.grid.width, $0.grid.height) < side }
      .map { "\($0.recipe.name.visible) (\($0.grid.width) × \($0.grid.height) pixels)" }
    let tooSmall =
      small.isEmpty
      ? [] : [listed(small) + (small.count == 1 ? " is" : " are") + " smaller than a chip"]
    return tooSmall
      + remarks(catalog, scans) { scan in
        scan.windows > 0 && scan.chips == 0 && scan.unreadable == nil
          ? ["\(name(catalog, scan)) gave no chip: \(reason(catalog, scan))"] : []
      }
  }

  private static func reason(_ catalog: SceneCatalog, _ scan: SceneScan) -> String {
    if let tally = scan.tally, tally.noData.allSatisfy({ $0 == tally.pixels }) {
      return "all of it is nodata"
    }
    let reasons = hidden(catalog, scan)
    if !reasons.isEmpty { return reasons.joined(separator: "; ") }
    if scan.findings.valid == 0 { return "all of it is invalid" }
    guard scan.droppedConstant > 0 else {
      return "\(invalid(catalog, scan)), too many in each of its windows"
    }
    guard let values = scan.constantValues, let first = values.first else {
      return "each of its windows holds one value in every band, or too much nodata"
    }
    let names = catalog.header.bands.map(\.name)
    return Set(values).count == 1
      ? "every pixel of \(names.count == 1 ? names[0] : "every band") is \(number(first))"
      : zip(names, values).prefix(4).map { "every pixel of \($0) is \(number($1))" }
        .joined(separator: ", ")
  }

  /// "50 % of its pixels are invalid, most of them by --mask".
  private static func invalid(_ catalog: SceneCatalog, _ scan: SceneScan) -> String {
    let pixels = scan.findings.pixels
    let share = pixels == 0 ? 0 : 1 - Double(scan.findings.valid) / Double(pixels)
    return "\(HumanFormat.shortPercent(share)) of its pixels are invalid"
      + (isMasked(catalog, scan) ? ", most of them by --mask" : "")
  }

  private static func isMasked(_ catalog: SceneCatalog, _ scan: SceneScan) -> Bool {
    guard let tally = scan.tally, !catalog.scenes[scan.scene].recipe.masks.isEmpty else {
      return false
    }
    return tally.masked * 2 > tally.invalid
  }

  /// Scenes that lose half of their windows, but not all.
  private static func windowsLost(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    remarks(catalog, scans) { scan in
      guard scan.chips > 0 && scan.droppedForNodata * 2 >= scan.windows else { return [] }
      let cause = isMasked(catalog, scan) ? "Mask fewer values" : "Check its nodata values"
      return [
        "\(name(catalog, scan)) loses \(scan.droppedForNodata) of \(scan.windows) windows: "
          + "\(invalid(catalog, scan)). \(cause), or keep such windows with a larger --max-nodata"
      ]
    }
  }

  private static func constantWindows(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    let found = scans.filter { $0.droppedConstant > 0 && $0.chips > 0 }
    if found.isEmpty { return [] }
    let count = found.reduce(0) { $0 + $1.droppedConstant }
    let names = found.map { "\(name(catalog, $0)) (\($0.droppedConstant))" }
    return [
      "\(HumanFormat.counted(count, "window")) with one value in every band "
        + "\(count == 1 ? "is" : "are") dropped: \(listed(names))"
    ]
  }

  /// Shares of pixels from which one value in every band is worth a word. A single band has it
  /// everywhere: of it 0 alone is looked at.
  private static let fillShare = 0.01
  private static let singleBandShare = 0.05

  private static func fill(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    let isSingle = catalog.header.bands.count == 1
    return remarks(catalog, scans) { scan in
      guard scan.chips > 0, let (pattern, count) = scan.findings.mostUniform else { return [] }
      let share = Double(count) / Double(scan.findings.pixels)
      guard share >= (isSingle ? singleBandShare : fillShare), !isSingle || pattern == 0 else {
        return []
      }
      let value = number(catalog.layout.pixelType.value(ofPattern: pattern))
      return [
        "\(HumanFormat.shortPercent(share)) of the pixels of \(name(catalog, scan)) are \(value)"
          + (isSingle ? "" : " in every band")
          + "; if that is fill, declare it with --nodata \(value) (or gdal_edit.py -a_nodata "
          + "\(value))"
      ]
    }
  }

  /// Sizes that rounding alone parts are one: corners in degrees leave ten digits of a pixel.
  private static func pixelSizes(_ catalog: SceneCatalog) -> [String] {
    let sizes = Set(
      catalog.scenes.map { scene in
        [scene.grid.transform.columnX, scene.grid.transform.rowY]
          .map { (log(abs($0)) * 1e5).rounded() }
      })
    return sizes.count > 1
      ? ["the scenes have \(sizes.count) different pixel sizes; chips are not resampled"] : []
  }

  private static func equalScenes(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    groups(scans.filter { $0.chips > 0 }) { $0.digest }.map { group in
      listed(group.map { name(catalog, $0) }) + " hold the same pixels"
    }
  }

  /// Scenes of one place that no date parts.
  private static func equalPlaces(_ catalog: SceneCatalog, _ scans: [SceneScan]) -> [String] {
    struct Place: Hashable {
      let system: Int
      let grid: Data
      let date: AcquisitionTime?
    }
    let found = groups(scans.filter { $0.chips > 0 }) { scan in
      let scene = catalog.scenes[scan.scene]
      let numbers =
        scene.grid.transform.numbers + [Double(scene.grid.width), Double(scene.grid.height)]
      return Place(
        system: scene.system, grid: numbers.withUnsafeBytes { Data($0) },
        date: scene.recipe.acquired)
    }.filter { Set($0.map(\.digest)).count > 1 }
    if found.isEmpty { return [] }
    let names = found.joined().map { name(catalog, $0) }
    return [
      "\(listed(names)) have the footprint of another scene, and no date that tells them apart"
    ]
  }

  /// Scenes that share a key, in their order; those that share it with none are left out.
  private static func groups<Key: Hashable>(
    _ scans: [SceneScan], by key: (SceneScan) -> Key
  ) -> [[SceneScan]] {
    Dictionary(grouping: scans, by: key).values.filter { $0.count > 1 }
      .sorted { $0[0].scene < $1[0].scene }
  }

  /// A value of a pixel, whole where it is.
  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(Float(value))"
  }
}
