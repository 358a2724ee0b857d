// Pictures of a dataset for `terrane inspect`: where its chips lie. Shards are read by their
// directories alone; those that are missing are said. The sheet of chips is in
// DatasetPictures+Sheet.swift.

import Basics
import Foundation
import Imagery
import Pictures
import TrainingRun

/// A dataset of which pictures are to be drawn.
package struct DatasetPictures {
  let dataset: Dataset
  /// The shards that are in the folder.
  let present: [ShardID]

  /// - Parameter path: a dataset's folder, or its `dataset.json`.
  /// - Throws: `RunError` when it is no dataset's, else as `Dataset`.
  package init(of path: String) throws {
    let isDescription = Files.name(of: path) == Dataset.descriptionName
    let folder = isDescription ? Files.parent(of: path) : path
    guard Files.exists(folder + "/" + Dataset.descriptionName) else {
      throw RunError(
        description: "--picture and --sheet draw a dataset, and \(path) is not a dataset's folder: "
          + "it has no \(Dataset.descriptionName)")
    }
    dataset = try Dataset(folder: folder)
    present = dataset.presentShards
  }

  /// Draws where chips, scenes and links lie, as a PNG file.
  /// - Throws: what is wrong with a shard or the file; nothing is written then.
  package func drawMap(to path: String) throws { try map().write(to: path) }

  /// Where chips, scenes and links lie.
  package func map() throws -> DatasetMap {
    var chips: [DatasetMap.Chip] = []
    var links: [DatasetMap.Link] = []
    var widths: [Double] = []
    for id in present {
      let shard = try dataset.openUnread(id).directory
      let isHeldOut = isHeldOut(id)
      let place = isHeldOut ? id.index - dataset.description.trainingShards.count : id.index
      for (index, chip) in shard.chips.prefix(shard.ownChipCount).enumerated() {
        chips.append(DatasetMap.Chip(chip.corners, shard: place, isHeldOut: isHeldOut))
        widths.append(chip.corners.groundWidth)
        // Each link once, from the chip of the smaller number.
        for link in shard.neighbours(of: index) {
          let other = shard.chips[link.chip]
          guard other.scene != chip.scene, chip.id < other.id else { continue }
          links.append(
            DatasetMap.Link(from: chip.corners.center, to: other.corners.center))
        }
      }
    }
    return DatasetMap(
      headline: name, subtitle: subtitle(linksBetweenScenes: links.count), chips: chips,
      scenes: dataset.description.scenes.map { .init(name: $0.name, $0.corners) }, links: links,
      notes: [chipNote(widths: widths), dateNote].compactMap(\.self),
      warning: missingNote(what: "chips and links"))
  }

  /// Held-out shards have the higher numbers.
  func isHeldOut(_ shard: ShardID) -> Bool {
    shard.index >= dataset.description.trainingShards.count
  }

  /// The folder's name: what people call the dataset.
  var name: String {
    let path = URL(fileURLWithPath: dataset.folder).standardizedFileURL.path
    return "Dataset " + Files.name(of: path)
  }

  private func subtitle(linksBetweenScenes count: Int) -> String {
    let description = dataset.description
    func role(_ chips: Int, _ words: String, _ shards: Int) -> String {
      "\(HumanFormat.counted(chips, "chip")) \(words) in \(HumanFormat.counted(shards, "shard"))"
    }
    var parts = [
      role(description.trainingChips, "for training", description.trainingShards.count)
    ]
    if description.holdoutChips > 0 {
      parts.append(role(description.holdoutChips, "held out", description.holdoutShards.count))
    }
    parts.append(HumanFormat.counted(description.scenes.count, "scene"))
    if description.summary.links == 0 { return (parts + ["no links"]).joined(separator: " · ") }
    let links = HumanFormat.counted(description.summary.links, "link")
    let isWhole = present.count == description.shardCount && description.scenes.count > 1
    parts.append(isWhole ? "\(links), \(HumanFormat.count(count)) of them between scenes" : links)
    return parts.joined(separator: " · ")
  }

  /// "Chips of 64 × 64 pixels, 1.9 km wide, 3 bands of uint16."
  private func chipNote(widths: [Double]) -> String {
    let layout = dataset.layout
    let width = widths.isEmpty ? nil : widths.sorted()[widths.count / 2]
    let ground = width.map { ", \(Self.ground($0)) wide" } ?? ""
    return "Chips of \(layout.side) × \(layout.side) pixels\(ground), "
      + "\(HumanFormat.counted(layout.bandCount, "band")) of \(layout.pixelType.rawValue)."
  }

  /// "1.9 km", "640 m".
  static func ground(_ metres: Double) -> String {
    switch metres {
    case ..<1: "\(HumanFormat.decimal(metres * 100, places: 1)) cm"
    case ..<10: "\(HumanFormat.decimal(metres, places: 1)) m"
    case ..<1000: "\(HumanFormat.decimal(metres, places: 0)) m"
    case ..<10_000: "\(HumanFormat.decimal(metres / 1000, places: 1)) km"
    default: "\(HumanFormat.count(Int(min(metres / 1000, 1e6).rounded()))) km"
    }
  }

  /// "Taken from 2020-05-18 to 2021-01-02."; nil when no scene has a date.
  private var dateNote: String? {
    let dates = dataset.description.scenes.compactMap(\.acquired)
    guard let first = dates.min(), let last = dates.max() else { return nil }
    let (from, to) = (Self.day(first), Self.day(last))
    let rest = dataset.description.scenes.count - dates.count
    let undated = rest > 0 ? "; \(HumanFormat.counted(rest, "scene")) without a date" : ""
    return (from == to ? "Taken \(from)" : "Taken from \(from) to \(to)") + undated + "."
  }

  static func day(_ time: AcquisitionTime) -> String {
    String(time.description.prefix { $0 != "T" })
  }

  /// - Parameter what: what of the missing shards is not in the picture.
  func missingNote(what: String) -> String? {
    let all = dataset.description.shardCount
    let missing = all - present.count
    if missing == 0 { return nil }
    return "\(HumanFormat.count(missing)) of \(HumanFormat.counted(all, "shard")) "
      + "\(missing == 1 ? "is" : "are") not in this folder: \(missing == 1 ? "its" : "their") "
      + "\(what) are not drawn."
  }
}
