// The shards that a loader has open. Not here: what is read from them.

import Basics
import Imagery

/// The shards used last. One thread at a time.
final class OpenShards {
  private let open: (ShardID) throws -> ShardFile
  /// The newest at the end.
  private var shards: [(id: ShardID, file: ShardFile)] = []

  /// Each takes a descriptor and holds its directory in memory.
  private static let limit = 64

  init(open: @escaping (ShardID) throws -> ShardFile) { self.open = open }

  /// Calls `body` with a shard; once more with the shard opened anew when it was written to
  /// meanwhile.
  func use(_ id: ShardID, _ body: (ShardFile) throws -> Void) throws {
    do {
      try body(shard(id))
    } catch ShardError.changedMeanwhile {
      shards.removeAll { $0.id == id }
      try body(shard(id))
    }
  }

  private func shard(_ id: ShardID) throws -> ShardFile {
    if let place = shards.firstIndex(where: { $0.id == id }) {
      let known = shards.remove(at: place)
      shards.append(known)
      return known.file
    }
    if shards.count == Self.limit { shards.removeFirst() }
    let file = try open(id)
    shards.append((id, file))
    return file
  }
}
