// `terrane inspect DATA --place hosts`: a list of files for each machine, as rsync takes it.

import Basics
import Imagery
import TrainingRun

/// The machines of a hosts file, as Cluster/ssh/start reads it: a line each, with a name and
/// perhaps the dataset's folder there; `#` begins a comment.
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
  ///   name a file, and for more copies than hosts; `DatasetError`, `FileError`.
  package init(of path: String, hostsFile: String, copies: Int) throws {
    guard Files.exists(path + "/" + Dataset.descriptionName) else {
      throw RunError(
        description: "--place is for a dataset's folder, and \(path.visible) is not one")
    }
    dataset = try Dataset(folder: path)
    machines = try Self.machines(in: hostsFile, elsewhere: Files.absolute(path))
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
    return lines.joined(separator: "\n") + "\n"
  }

  private static func machines(in path: String, elsewhere folder: String) throws -> [Machine] {
    var machines: [Machine] = []
    for line in try Files.readText(path, limitBytes: 1 << 20).split(separator: "\n") {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let name = words.first else { continue }
      guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "@._-".contains($0)) }),
        !name.hasPrefix("."), !name.hasPrefix("-")
      else {
        throw RunError(
          description: "\(path.visible): '\(name.visible)' is not the name of a machine")
      }
      guard !machines.contains(where: { $0.name == name }) else {
        throw RunError(description: "\(path.visible): \(name) is there twice")
      }
      machines.append(Machine(name: name, folder: words.count > 1 ? words[1] : folder))
    }
    guard !machines.isEmpty else {
      throw RunError(description: "\(path.visible) names no machine; write one a line")
    }
    return machines
  }
}
