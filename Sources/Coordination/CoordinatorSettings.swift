// What a coordinator knows of its run before anybody joins.

import Basics
import Wire

/// What to do when nobody has had a shard for too long.
package enum ShardLossPolicy: Sendable {
  /// End with a checkpoint; the shard can be brought back and the run resumed.
  case stop
  /// Go on without that shard's data, from the step that needs it on and for good.
  case skip
}

/// How many workers may take part at a time.
package struct MemberLimit: Sendable {
  package let count: Int
  /// Why no more, for who comes beyond.
  package let reason: String

  package init(count: Int, reason: String) {
    self.count = count
    self.reason = reason
  }
}

/// What becomes of a step whose gradient cannot be used.
package enum DivergencePolicy: Hashable, Sendable {
  /// When its norm is not finite the run ends.
  case stop
  /// When its norm is not finite, or more than so many times the median of recent ones, the step
  /// counts and changes no parameter.
  case skip(factor: Double)
}

package struct CoordinatorSettings: Sendable {
  package var runIdentity: String
  package var datasetDigest: Digest
  /// The resolved configuration that workers get.
  package var configurationYAML: String
  /// `Arithmetic.version` of the coordinator, which makes the updates; every worker must have the
  /// same: others give other bits.
  package var arithmetic: UInt32
  package var plan: MicrobatchPlan
  package var maskRatio: MaskRatioSchedule
  package var steps: Step
  /// Evaluate every so many steps and at the end; 0 is only at the end.
  package var evaluationInterval: Int
  /// The microbatches of every evaluation are those of its step 0, of held-out shards. Nil when
  /// nothing is held out.
  package var evaluationPlan: MicrobatchPlan?
  /// Checkpoint every so many steps and at the end; 0 is only at the end.
  package var checkpointInterval: Int
  /// How many of the newest checkpoints stay.
  package var checkpointsKept = 2
  /// How long the journals since the two newest checkpoints may become together before another is
  /// written; 0 when no journal is kept.
  package var journalBytes: Int
  /// Whether the journal stays when the run has ended.
  package var keepsJournalAtEnd = false
  package var parameterCount: Int
  /// Numbers leases from here on. Each life of a coordinator begins elsewhere, so that a worker
  /// never takes what is left of an earlier life's lease for one of this.
  package var firstLease: UInt32 = 1
  /// Nil where nothing bounds them.
  package var memberLimit: MemberLimit?
  /// Values in every chunk of the parameter vector but the last.
  package var valuesPerChunk = ChunkGrid.valuesPerChunk
  /// Pixels of both images of a pair: no report of hidden ones can be larger.
  package var pixelsPerPair: Int
  /// What every report of a microbatch must measure beside its loss.
  package var measures = ObjectiveMeasures.none
  /// Chunks in flight for each worker, each way.
  package var window: Int
  /// Encoded gradients that came early are held up to this many bytes, and never more. Room for
  /// less than one chunk means that only the microbatch whose turn it is may be sent.
  package var bufferBytes: Int
  /// What an encoded chunk of a gradient takes at most.
  package var gradientChunkBytes = WireLimits.chunkPayloadBytes
  package var heartbeatInterval: Duration
  package var heartbeatTimeout: Duration
  package var shortestLease: Duration
  package var longestLease: Duration
  /// How long a step waits for a shard that no worker here holds.
  package var shardLossTimeout: Duration
  package var shardLossPolicy: ShardLossPolicy
  package var onDivergence = DivergencePolicy.stop
  /// Whether gradients are scaled down to a norm already; for what is advised against divergence.
  package var clipsGradients = false

  package init(
    runIdentity: String, datasetDigest: Digest, configurationYAML: String, arithmetic: UInt32,
    plan: MicrobatchPlan, maskRatio: MaskRatioSchedule, steps: Step, evaluationInterval: Int,
    evaluationPlan: MicrobatchPlan?, checkpointInterval: Int, journalBytes: Int,
    parameterCount: Int, pixelsPerPair: Int, window: Int, bufferBytes: Int,
    heartbeatInterval: Duration, heartbeatTimeout: Duration, shortestLease: Duration,
    longestLease: Duration, shardLossTimeout: Duration, shardLossPolicy: ShardLossPolicy
  ) {
    self.runIdentity = runIdentity
    self.datasetDigest = datasetDigest
    self.configurationYAML = configurationYAML
    self.arithmetic = arithmetic
    self.plan = plan
    self.maskRatio = maskRatio
    self.steps = steps
    self.evaluationInterval = evaluationInterval
    self.evaluationPlan = evaluationPlan
    self.checkpointInterval = checkpointInterval
    self.journalBytes = journalBytes
    self.parameterCount = parameterCount
    self.pixelsPerPair = pixelsPerPair
    self.window = window
    self.bufferBytes = bufferBytes
    self.heartbeatInterval = heartbeatInterval
    self.heartbeatTimeout = heartbeatTimeout
    self.shortestLease = shortestLease
    self.longestLease = longestLease
    self.shardLossTimeout = shardLossTimeout
    self.shardLossPolicy = shardLossPolicy
  }

  var chunkCount: Int {
    ChunkGrid(valueCount: parameterCount, valuesPerChunk: valuesPerChunk).chunkCount
  }

  var evaluationSchedule: EvaluationSchedule {
    EvaluationSchedule(every: evaluationInterval, last: steps)
  }

  /// Training and held-out shards.
  var shardCount: Int { max(plan.shards.upperBound, evaluationPlan?.shards.upperBound ?? 0) }
}
