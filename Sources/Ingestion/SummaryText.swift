// What terrane-ingest says when it is done. Pure.

import Basics
import Imagery

package enum SummaryText {
  /// What of lists is shown.
  private static let shown = (systems: 3, bands: 13, notes: 12)

  /// Some aligned lines, each ending in a newline.
  /// - Parameter isDryRun: whether the dataset was not made, so that every note is said here.
  package static func text(
    of dataset: DatasetDescription, at path: String, isDryRun: Bool = false
  ) -> String {
    let rows = chipRows(dataset) + linkRows(dataset) + byteRows(dataset)
    let lines =
      [isDryRun ? "\(path) would hold:" : path]
      + TextTable.lines(rows, flushLeft: [2]).map { "  " + $0 }
      + histogram(dataset.summary)
      + notes(dataset, at: path, first: isDryRun ? dataset.notes.count : shown.notes)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func chipRows(_ dataset: DatasetDescription) -> [[String]] {
    let summary = dataset.summary
    let training = dataset.trainingChips
    let holdout = dataset.holdoutChips
    let share = Double(holdout) / Double(training + holdout)
    let names = HumanFormat.listed(
      dataset.bands.map(\.name.visible), "band", first: shown.bands)
    let avoided =
      summary.droppedAsAvoided == 0
      ? [] : [["", "\(summary.droppedAsAvoided)", "near places to avoid"]]
    let constant =
      summary.droppedAsConstant == 0
      ? [] : [["", "\(summary.droppedAsConstant)", "one value in every band"]]
    return [
      [
        "scenes", "\(dataset.scenes.count)",
        HumanFormat.listed(
          dataset.referenceSystems.map(\.name.visible), "map", first: shown.systems),
      ],
      [
        "windows", "\(summary.windows)",
        "\(dataset.chipSide) × \(dataset.chipSide) pixels every \(dataset.stride), "
          + "\(dataset.pixelType.rawValue): \(names)",
      ],
      ["dropped", "\(summary.droppedForNodata)", "too much nodata"],
    ] + constant + avoided + [
      ["", "\(summary.droppedAtHoldout)", "touch the holdout area"],
      ["training", "\(training)", shards(dataset.trainingShards)],
      [
        "holdout", "\(holdout)",
        shards(dataset.holdoutShards)
          + (holdout > 0 ? ", \(HumanFormat.shortPercent(share)) of the chips" : ""),
      ],
    ]
  }

  private static func shards(_ shards: [ShardDescription]) -> String {
    let copies = shards.reduce(0) { $0 + $1.borderChips }
    let text = "in " + HumanFormat.counted(shards.count, "shard")
    return copies == 0 ? text : text + " (and \(copies) copies at their borders)"
  }

  private static func linkRows(_ dataset: DatasetDescription) -> [[String]] {
    let summary = dataset.summary
    let chips = dataset.trainingChips + dataset.holdoutChips
    let share = summary.links == 0 ? 1 : Double(summary.linksKept) / Double(summary.links)
    return [
      [
        "neighbours", HumanFormat.decimal(2 * Double(summary.links) / Double(chips), places: 1),
        "a chip, besides itself",
      ],
      ["links", "\(summary.links)", "\(HumanFormat.shortPercent(share)) kept in shards"],
    ]
  }

  private static func byteRows(_ dataset: DatasetDescription) -> [[String]] {
    [
      ["read", HumanFormat.bytes(dataset.summary.bytesIn), "of scenes"],
      ["written", HumanFormat.bytes(dataset.summary.bytesOut), "of shards"],
    ]
  }

  private static func histogram(_ summary: IngestSummary) -> [String] {
    guard let most = summary.linksByIoU.max(), most > 0,
      let last = summary.linksByIoU.lastIndex(where: { $0 > 0 })
    else { return [] }
    let width = 40
    let rows = summary.linksByIoU[...last].enumerated().map { bin, count in
      [
        bin == 0 ? "touch" : "to \(HumanFormat.decimal(Double(bin) / 10, places: 1))", "\(count)",
        String(repeating: "█", count: (count * width + most - 1) / most),
      ]
    }
    return ["  links by IoU"] + TextTable.lines(rows, flushLeft: [2]).map { "    " + $0 }
  }

  private static func notes(
    _ dataset: DatasetDescription, at path: String, first: Int
  ) -> [String] {
    let rest = dataset.notes.count - first
    return dataset.notes.prefix(first).map { "  note: \($0.visible)" }
      + (rest > 0
        ? [
          "  and \(HumanFormat.counted(rest, "more note")): terrane inspect \(path.shellWord) --all"
        ]
        : [])
  }
}
