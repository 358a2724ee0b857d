// `terrane inspect DATA --check`: whether the shards here are those that dataset.json describes.

import Basics
import Imagery
import Observability
import TrainingRun

/// What a look at every byte of a dataset's shards came to.
package struct DatasetCheck {
  /// What to print: a line a bad shard and one that sums up, each ending in a newline.
  package let text: String
  /// Whether there were shards and all of them are what they should be.
  package let isSound: Bool

  /// Reads all shards in the folder.
  /// - Parameter console: shows how far it is.
  /// - Throws: `DatasetError` or `FileError` when there is no dataset to check; a machine that is
  ///   short of something.
  package init(folder: String, console: Console) throws {
    guard Files.exists(folder + "/" + Dataset.descriptionName) else {
      throw RunError(
        description: "--check is for a dataset's folder, and \(folder) is not one; "
          + "`terrane verify RUN` checks a run")
    }
    let dataset = try Dataset(folder: folder)
    let present = dataset.presentShards
    let megabyte = 1 << 20
    let total = present.reduce(0) { $0 + dataset.description[$1].bytes }
    let bar = ProgressBar(
      title: "Checking shards", total: total / megabyte, unit: "MiB", console: console,
      startingAt: .monotonicNow())
    var lines: [String] = []
    var done = 0
    for id in present {
      do {
        _ = try dataset.openShard(id) { count in
          done += count
          bar.update(done: done / megabyte, at: .monotonicNow())
        }
      } catch {
        if (error as? any SystemError)?.shortage != nil { throw error }
        lines.append("WRONG  \(dataset.description[id].file): \(error)")
      }
    }
    bar.finish()
    isSound = lines.isEmpty && !present.isEmpty
    lines.append(
      Self.summary(checked: present.count, wrong: lines.count, of: dataset.description.shardCount))
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func summary(checked: Int, wrong: Int, of all: Int) -> String {
    if checked == 0 { return "none of the \(HumanFormat.counted(all, "shard")) is in this folder" }
    let verdict =
      switch wrong {
      case 0: "all are what dataset.json says"
      case 1: "1 is wrong"
      default: "\(wrong) are wrong"
      }
    let rest = checked < all ? "; the other \(all - checked) are not in this folder" : ""
    return "checked \(checked) of \(HumanFormat.counted(all, "shard")): \(verdict)\(rest)"
  }
}
