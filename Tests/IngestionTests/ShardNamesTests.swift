// The names under which shards lie in a dataset.

import Ingestion
import Testing

@Suite("Names of shards") struct ShardNamesTests {
  @Test("Names sort by the number")
  func order() {
    #expect(ShardNames.training(7) == "training-00007.shard")
    #expect(ShardNames.holdout(12345) < ShardNames.holdout(12346))
  }
}
