// Whether a run that has no other workers than its own can see all of its data.

import Basics
import Imagery

extension PreparedRun {
  /// Shards that an error names; of others it says how many.
  private static let namedShards = 5

  /// For a run whose workers all read the same folder. Where shards may be lost (`shards.onLoss`),
  /// nothing is wrong.
  /// - Throws: `RunError` that names what is missing: no worker that comes later will have it.
  package func checkHoldsAllShards() throws {
    if configuration.shards.onLoss == .skip { return }
    let missing = Set(dataset.description.shardIDs).subtracting(dataset.presentShards).sorted()
    if missing.isEmpty { return }
    let names = missing.prefix(Self.namedShards).map { dataset.description[$0].file.visible }
    let others = missing.count - names.count
    let list = names.joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
    throw RunError(
      description: "\(dataset.folder) lacks \(HumanFormat.counted(missing.count, "shard")) that "
        + "dataset.json tells of: \(list); put them back, or go without their data by --set "
        + "shards.onLoss=skip")
  }
}
