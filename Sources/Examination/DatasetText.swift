// A dataset in a few lines, for `terrane inspect`.

import Basics
import Imagery

extension Dataset {
  /// Rows that are listed unless all are asked for.
  private static let shownRows = (bands: 20, scenes: 5, systems: 5, notes: 10, versions: 3)

  /// What the dataset is: some lines, each ending in a newline. Names of others are shown with what
  /// is invisible in them escaped.
  /// - Parameter all: whether every band and scene has its line; else those of long lists are the
  ///   first.
  package func inspection(all: Bool) -> String {
    let summary = description.summary
    func listed(_ name: String, _ rows: [String], first: Int) -> [String] {
      Self.listed(name, rows, first: all ? rows.count : first)
    }
    var lines = ["dataset \(folder.visible)"]
    lines.append(
      "  chips   \(description.trainingChips) for training in "
        + HumanFormat.counted(description.trainingShards.count, "shard")
        + ", \(description.holdoutChips) held out in "
        + HumanFormat.counted(description.holdoutShards.count, "shard"))
    lines.append(
      "  pixels  \(layout.side) × \(layout.side), "
        + HumanFormat.counted(layout.bandCount, "band") + " of \(layout.pixelType.rawValue), "
        + "a chip every \(description.stride) pixels")
    lines += listed("bands", BandRows.statistics(description.bands), first: Self.shownRows.bands)
    lines += listed("spread", BandRows.quantiles(description.bands), first: Self.shownRows.bands)
    lines.append(
      "  links   \(summary.links) between neighbours, \(summary.linksKept) kept in shards")
    let systems = description.referenceSystems.map { system in
      system.name.visible + (system.authority.map { " (\($0.visible))" } ?? "")
    }
    lines += listed(systems.count > 1 ? "maps" : "map", systems, first: Self.shownRows.systems)
    let scenes = description.scenes.map { scene in
      "\(scene.name.visible), \(scene.width) × \(scene.height) pixels, "
        + HumanFormat.counted(scene.chips, "chip")
    }
    let isShort = all || scenes.count <= 2 * Self.shownRows.scenes
    lines += listed("scenes", scenes, first: isShort ? scenes.count : Self.shownRows.scenes)
    if !isShort { lines.append("  extent  " + extent) }
    if let dates { lines.append("  dates   " + dates) }
    lines += listed("notes", description.notes.map(\.visible), first: Self.shownRows.notes)
    lines.append("  size    \(HumanFormat.bytes(summary.bytesOut)) in shards")
    lines.append("  digest  \(digest)")
    let earlier = ((try? Dataset.earlierVersions(folder: folder)) ?? []).filter { $0 != digest }
    lines += listed("before", earlier.map { "\($0)" }, first: Self.shownRows.versions)
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Dataset {
  /// Rows under a word, none without rows; after the first ones how many there are besides.
  private static func listed(_ name: String, _ rows: [String], first: Int) -> [String] {
    let rest = rows.count - first
    let shown =
      rest > 0
      ? rows.prefix(first) + [
        "and \(HumanFormat.count(rest)) more, \(HumanFormat.count(rows.count)) in all"
      ]
      : rows[...]
    return shown.enumerated().map { index, row in
      "  " + (index == 0 ? name : "").padded(to: 8) + row
    }
  }

  /// When the scenes were taken; nil where none says.
  private var dates: String? {
    let known = description.scenes.compactMap(\.acquired).sorted()
    guard let first = known.first, let last = known.last else { return nil }
    let range = first == last ? "\(first)" : "\(first) to \(last)"
    let unknown = description.scenes.count - known.count
    return unknown == 0
      ? range : range + "; \(HumanFormat.counted(unknown, "scene")) without a date"
  }

  /// The box around all scenes: in map units where they have one map, else in degrees.
  private var extent: String {
    let scenes = description.scenes
    guard description.referenceSystems.count == 1 else {
      return GeographicExtent(scenes.flatMap(\.corners.points)).text
    }
    let boxes = scenes.map(\.footprint)
    func text(_ values: [Double], _ pick: ([Double]) -> Double?) -> String {
      // Degrees need more digits than metres.
      let places = values.allSatisfy { abs($0) <= 360 } ? 5 : 0
      return HumanFormat.decimal(pick(values) ?? .nan, places: places)
    }
    let (left, right) = (boxes.map(\.left), boxes.map(\.right))
    let (bottom, top) = (boxes.map(\.bottom), boxes.map(\.top))
    return "x from \(text(left) { $0.min() }) to \(text(right) { $0.max() }), "
      + "y from \(text(bottom) { $0.min() }) to \(text(top) { $0.max() })"
  }
}

/// The box around places on the globe.
private struct GeographicExtent {
  private let points: [GeographicPoint]

  init(_ points: [GeographicPoint]) { self.points = points }

  var text: String {
    let latitudes = points.map(\.latitude)
    let longitudes = points.map(\.longitude).sorted()
    func degrees(_ value: Double?) -> String {
      HumanFormat.decimal(value ?? .nan, places: 2) + "°"
    }
    // What is left out of the circle is the widest gap between two longitudes.
    var (west, east) = (longitudes.first, longitudes.last)
    var widest = 360 + (west ?? 0) - (east ?? 0)
    for (one, next) in zip(longitudes, longitudes.dropFirst()) where next - one > widest {
      (widest, west, east) = (next - one, next, one)
    }
    let across = (west ?? 0) > (east ?? 0) ? ", across the antimeridian" : ""
    return "latitude from \(degrees(latitudes.min())) to \(degrees(latitudes.max())), longitude "
      + "from \(degrees(west)) to \(degrees(east))\(across)"
  }
}

/// A line for each band.
private enum BandRows {
  private static func text(_ value: Double) -> String { HumanFormat.significant(value) }

  static func statistics(_ bands: [BandDescription]) -> [String] {
    TextTable.lines(
      bands.map { band in
        [
          band.name.visible, "mean \(text(band.mean))",
          "deviation \(text(band.standardDeviation))",
          "from \(text(band.minimum)) to \(text(band.maximum))" + meaning(of: band),
        ]
      }, flushLeft: [3])
  }

  /// " K", or ", times 0.0001 minus 0.1 is reflectance, at 0.665 µm".
  private static func meaning(of band: BandDescription) -> String {
    let unit = band.unit.map(\.visible)
    let wavelength = band.wavelength.map { ", at \(text($0)) µm" } ?? ""
    if band.scale == 1 && band.offset == 0 { return (unit.map { " " + $0 } ?? "") + wavelength }
    let offset =
      band.offset == 0
      ? "" : " \(band.offset < 0 ? "minus" : "plus") \(text(abs(band.offset)))"
    return ", times \(text(band.scale))\(offset) is \(unit ?? "in the scenes' unit")\(wavelength)"
  }

  /// None where no band has any.
  static func quantiles(_ bands: [BandDescription]) -> [String] {
    guard bands.contains(where: { $0.quantiles != nil }) else { return [] }
    return TextTable.lines(
      bands.map { band in
        guard let quantiles = band.quantiles else { return [band.name.visible] }
        let values = [
          ("1 %", quantiles.percent1), ("25 %", quantiles.percent25),
          ("50 %", quantiles.median), ("75 %", quantiles.percent75),
          ("99 %", quantiles.percent99),
        ]
        return [band.name.visible] + values.map { "\($0) below \(text($1))" }
      })
  }
}
