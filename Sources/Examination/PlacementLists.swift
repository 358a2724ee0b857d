// `terrane inspect DATA --place hosts`: a list of files for each machine, as rsync takes it.

import Basics
import Imagery
import TrainingRun

/// The machines of a hosts file, as Cluster/ssh/start reads it: a line each, with a name, the
/// dataset's folder there and perhaps a number of threads; `#` begins a comment.
package struct PlacementLists {
  private struct Machine {
    let name: String
    let folder: String
  }

  private let dataset: Dataset
  private let machines: [Machine]
  private let placement: ShardPlacement
  private let copies: Int
  /// Where the lists go: beside the hosts file.
  private let folder: String

  /// - Throws: `RunError` for a hosts file without hosts, with one twice or with one that cannot
  ///   name a file, with a line that is not of such words, and for more copies than hosts;
  ///   `DatasetError`, `FileError`.
  package init(of path: String, hostsFile: String, copies: Int) throws {
    guard Files.exists(path + "/" + Dataset.descriptionName) else {
      throw RunError(
        description: "--place is for a dataset's folder, and \(path.visible) is not one")
    }
    dataset = try Dataset(folder: path)
    machines = try Self.machines(in: hostsFile)
    guard copies <= machines.count else {
      throw RunError(
        description: "\(copies) copies need as many machines, and \(hostsFile.visible) has "
          + "\(machines.count); say fewer by --copies",
        exitStatus: .usage)
    }
    self.copies = copies
    folder = hostsFile + ".lists"
    placement = ShardPlacement(
      byteCounts: dataset.description.trainingShards.map(\.bytes), machineCount: machines.count,
      copies: copies)
  }

  /// Writes the lists.
  /// - Returns: what each machine gets, and the commands that bring it there.
  /// - Throws: `FileError`.
  package func write() throws -> String {
    try Files.createFolder(folder)
    let description = dataset.description
    let heldOut = description.holdoutShards
    var lines = [
      "each of \(HumanFormat.counted(description.trainingShards.count, "training shard")) on "
        + HumanFormat.counted(copies, "machine")
        + ", what is held out on all; to bring them there:"
    ]
    for (machine, places) in zip(machines, placement.shards) {
      let shards = places.map { description.trainingShards[$0] } + heldOut
      let list = "\(folder)/\(machine.name)"
      let files = [Dataset.descriptionName] + shards.map(\.file)
      try Files.writeDurably(files.joined(separator: "\n") + "\n", to: list)
      lines.append(
        "# \(machine.name): \(HumanFormat.counted(shards.count, "shard")), "
          + HumanFormat.bytes(shards.reduce(0) { $0 + $1.bytes }))
      lines.append(
        "rsync --archive --files-from=\(list.shellWord) \(dataset.folder.shellWord)/ "
          + "\(machine.name):\(machine.folder.shellWord)/")
    }
    return (lines + [warning].compactMap(\.self)).joined(separator: "\n") + "\n"
  }

  /// Said of machines that would compute nothing.
  private var warning: String? {
    let idle = zip(machines, placement.shards).filter { $0.1.isEmpty }.map(\.0.name)
    if idle.isEmpty { return nil }
    let shards = HumanFormat.counted(dataset.description.trainingShards.count, "training shard")
    return
      "# no training shard, and so nothing to compute: \(idle.joined(separator: ", ")). There are "
      + "\(shards) on \(HumanFormat.counted(copies, "machine")) each; say more --copies, or make "
      + "smaller shards (terrane-ingest --chips-per-shard)"
  }

  private static func machines(in path: String) throws -> [Machine] {
    var machines: [Machine] = []
    let lines = try Files.readText(path, limitBytes: 1 << 20)
      .split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let name = words.first else { continue }
      func refuse(_ what: String) -> RunError {
        RunError(description: "\(path.visible): line \(number + 1): \(what.visible)")
      }
      guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "@._-".contains($0)) }),
        !name.hasPrefix("."), !name.hasPrefix("-")
      else {
        throw refuse("'\(name)' is not the name of a machine")
      }
      guard !machines.contains(where: { $0.name == name }) else {
        throw refuse("\(name) is named twice")
      }
      guard words.count > 1 else {
        throw refuse("behind \(name) belongs the folder of its data")
      }
      guard words.count < 4 else { throw refuse("there is more than HOST DATA [THREADS]") }
      guard words.count < 3 || Int(words[2]).map({ $0 > 0 }) == true else {
        throw refuse("\(words[2]) is not a number of threads")
      }
      guard !words[1].contains(",") else {
        throw refuse(
          "\(words[1]) are several folders, and --place is for one dataset: name its own")
      }
      machines.append(Machine(name: name, folder: words[1]))
    }
    guard !machines.isEmpty else {
      throw RunError(description: "\(path.visible) names no machine; write one a line")
    }
    return machines
  }
}
